import { make, type PageElement } from './dom.ts';

/** What a table's row is made of. */
export interface RowView<T> {
  readonly element: PageElement;
  /** Shows this; touches only what is different. */
  show(row: T): void;
}

/** What a {@link KeyedRows} needs to know of its rows. */
export interface KeyedRowsOptions<T> {
  readonly body: PageElement;
  readonly keyOf: (row: T) => string;
  readonly make: (row: T) => RowView<T>;
  /** Which of two comes first. */
  readonly compare: (one: T, other: T) => number;
}

/** The rows of a table, kept up by difference: an element stays the same, and where it is, as long as its row does. */
export class KeyedRows<T> {
  readonly #options: KeyedRowsOptions<T>;
  readonly #rows = new Map<string, { row: T; readonly view: RowView<T> }>();

  constructor(options: KeyedRowsOptions<T>) {
    this.#options = options;
  }

  get size(): number {
    return this.#rows.size;
  }

  /** Every row, in no particular order. */
  entries(): Iterable<{ readonly row: T; readonly view: RowView<T> }> {
    return this.#rows.values();
  }

  get(key: string): T | undefined {
    return this.#rows.get(key)?.row;
  }

  /** Takes over what has changed. @param isWhole all rows are in `changed` */
  apply(
    { changed, gone }: { readonly changed: readonly T[]; readonly gone: readonly string[] },
    isWhole: boolean,
  ): void {
    const { keyOf, make: makeView } = this.#options;
    const present = new Set(isWhole ? changed.map(keyOf) : undefined);
    const left = isWhole ? [...this.#rows.keys()].filter((key) => !present.has(key)) : gone;
    for (const key of left) {
      this.#rows.get(key)?.view.element.remove();
      this.#rows.delete(key);
    }
    for (const row of changed) {
      const key = keyOf(row);
      const known = this.#rows.get(key);
      const entry = known ?? { row, view: makeView(row) };
      entry.row = row;
      entry.view.show(row);
      if (known === undefined) this.#rows.set(key, entry);
    }
    if (changed.length > 0) this.#order();
  }

  /** Removes all rows. */
  clear(): void {
    for (const { view } of this.#rows.values()) view.element.remove();
    this.#rows.clear();
  }

  /** Moves only what is not where it belongs: what has the focus keeps it. */
  #order(): void {
    const { body, compare } = this.#options;
    const sorted = [...this.#rows.values()].sort((one, other) => compare(one.row, other.row));
    for (const [index, { view }] of sorted.entries()) {
      const there = body.children[index];
      if (there !== view.element) body.insertBefore(view.element, there ?? null);
    }
  }
}

/** A row with a cell for each of `labels`; the labels are shown where the table is laid out as cards. */
export function makeRow(labels: readonly string[]): {
  readonly row: PageElement;
  readonly cells: readonly PageElement[];
} {
  const row = make('tr');
  row.setAttribute('role', 'row');
  const cells = labels.map((label) => {
    const cell = make('div', 'cell');
    const outer = make('td', '', cell);
    outer.setAttribute('role', 'cell');
    outer.dataset.label = label;
    row.append(outer);
    return cell;
  });
  return { row, cells };
}
