import { byId, setText } from './dom.ts';
import type { KeyedRows } from './keyed-rows.ts';

/** What a {@link RowFilter} looks at, and how it says what it found. */
export interface RowFilterOptions<T> {
  readonly rows: KeyedRows<T>;
  /** What may be typed to find the row. */
  readonly textOf: (row: T) => string;
  /** How many there are; `shown` is undefined while nothing is typed. */
  readonly summary: (all: number, shown: number | undefined) => string;
}

/** The page's filter: hides the rows that what is typed there does not name. */
export class RowFilter<T> {
  readonly #options: RowFilterOptions<T>;
  #typed = '';

  constructor(options: RowFilterOptions<T>) {
    this.#options = options;
    const field = byId('filter');
    field.addEventListener('input', () => {
      this.#typed = field.value.trim().toLowerCase();
      this.sift();
    });
  }

  /** Looks at all rows; called whenever they have changed. */
  sift(): void {
    const { rows, textOf, summary } = this.#options;
    let shown = 0;
    for (const { row, view } of rows.entries()) {
      const isHidden = this.#typed !== '' && !textOf(row).toLowerCase().includes(this.#typed);
      if (view.element.hidden !== isHidden) view.element.hidden = isHidden;
      if (!isHidden) shown += 1;
    }
    setText(byId('shown'), summary(rows.size, this.#typed === '' ? undefined : shown));
  }

  /** Forgets what is typed. */
  clear(): void {
    byId('filter').value = '';
    this.#typed = '';
    setText(byId('shown'), '');
  }
}
