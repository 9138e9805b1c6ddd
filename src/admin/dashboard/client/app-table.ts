import type { BridgeAppJson } from '../../bridge-parts.ts';
import type { BridgeState } from '../bridge-state.ts';
import { byId, make, type PageElement, setBadge, setText } from './dom.ts';
import { KeyedRows, makeRow, type RowView } from './keyed-rows.ts';
import { compareNames, whole } from './words.ts';

const LABELS = ['App', 'State', 'Service', 'Running', 'In Consul'];

const WORDS = {
  kept: ['as it should be', 'good'],
  differs: ['being changed', 'quiet'],
  failed: ['failed', 'bad'],
  clash: ['left alone', 'warn'],
} as const;

/** Marathon's apps: whether Consul has of each what it should, and why not. */
export class AppTable {
  readonly #rows: KeyedRows<BridgeAppJson>;
  #filter = '';

  constructor() {
    this.#rows = new KeyedRows({
      body: byId('apps').querySelector('tbody') as PageElement,
      keyOf: ({ id }) => id,
      make: makeApp,
      compare: byProblemThenId,
    });
    const field = byId('filter');
    field.addEventListener('input', () => {
      this.#filter = field.value.trim().toLowerCase();
      this.#sift();
    });
  }

  show({ apps, isWhole }: BridgeState): void {
    this.#rows.apply(apps, isWhole);
    byId('no-apps').hidden = this.#rows.size > 0;
    byId('apps').hidden = this.#rows.size === 0;
    this.#sift();
  }

  /** Hides what the filter does not name. */
  #sift(): void {
    let shown = 0;
    for (const { row, view } of this.#rows.entries()) {
      const text = this.#filter === '' ? '' : `${row.id} ${row.service} ${row.problems.join(' ')}`.toLowerCase();
      const isHidden = !text.includes(this.#filter);
      if (view.element.hidden !== isHidden) view.element.hidden = isHidden;
      if (!isHidden) shown += 1;
    }
    const all = whole(this.#rows.size);
    setText(byId('shown'), this.#filter === '' ? `${all} apps` : `${whole(shown)} of ${all}`);
  }
}

/** Those that something is the matter with come first. */
function byProblemThenId(one: BridgeAppJson, other: BridgeAppJson): number {
  return Number(one.problems.length === 0) - Number(other.problems.length === 0) || compareNames(one.id, other.id);
}

function makeApp(): RowView<BridgeAppJson> {
  const { row, cells } = makeRow(LABELS);
  const [name, state, service, running, registered] = cells as unknown as [
    PageElement,
    PageElement,
    PageElement,
    PageElement,
    PageElement,
  ];
  const id = make('strong');
  name.append(id);
  const badge = make('span', 'badge');
  const why = make('span', 'sub');
  state.append(badge, why);
  return {
    element: row,
    show(app) {
      setText(id, app.id);
      const [words, tone] = WORDS[app.state];
      setBadge(badge, words, tone);
      setText(why, app.problems.join('; '));
      setText(service, app.service);
      setText(running, whole(app.running));
      setText(registered, whole(app.registered));
    },
  };
}
