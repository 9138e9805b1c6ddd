import type { BridgeAppJson } from '../../bridge-parts.ts';
import type { BridgeState } from '../bridge-state.ts';
import { byId, make, type PageElement, setBadge, setText } from './dom.ts';
import { KeyedRows, makeRow, type RowView } from './keyed-rows.ts';
import { RowFilter } from './row-filter.ts';
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
  readonly #filter: RowFilter<BridgeAppJson>;

  constructor() {
    this.#rows = new KeyedRows({
      body: byId('apps').querySelector('tbody') as PageElement,
      keyOf: ({ id }) => id,
      make: makeApp,
      compare: byProblemThenId,
    });
    this.#filter = new RowFilter({
      rows: this.#rows,
      textOf: ({ id, service, problems }) => `${id} ${service} ${problems.join(' ')}`,
      summary: (all, shown) => (shown === undefined ? `${whole(all)} apps` : `${whole(shown)} of ${whole(all)}`),
    });
  }

  show({ apps, isWhole }: BridgeState): void {
    this.#rows.apply(apps, isWhole);
    byId('no-apps').hidden = this.#rows.size > 0;
    byId('apps').hidden = this.#rows.size === 0;
    this.#filter.sift();
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
