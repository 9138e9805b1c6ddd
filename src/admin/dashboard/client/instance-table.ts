import type { InstanceRow, LiveState } from '../live-state.ts';
import { browser, byId, make, type PageElement, setBadge, setText } from './dom.ts';
import { KeyedRows, makeRow, type RowView } from './keyed-rows.ts';
import { RowFilter } from './row-filter.ts';
import { ShareBar } from './sparkline.ts';
import { compareNames, milliseconds, percent, rate, whole } from './words.ts';

const LABELS = ['Instance', 'State', 'Share', 'In flight', 'Requests/s', 'p50', 'p99', 'Failed', 'Tags'];

/** The instances of the opened upstream: whether each is used, and why. */
export class InstanceTable {
  readonly #rows: KeyedRows<InstanceRow>;
  readonly #panel: PageElement = byId('instances-panel');
  readonly #filter: RowFilter<InstanceRow>;

  constructor() {
    this.#rows = new KeyedRows({
      body: byId('instances').querySelector('tbody') as PageElement,
      keyOf: ({ id }) => id,
      make: makeInstance,
      compare: byProblemThenId,
    });
    this.#filter = new RowFilter({
      rows: this.#rows,
      textOf: ({ id, address, why, tags }) => `${id} ${address} ${why.join(' ')} ${tags.join(' ')}`,
      summary: (all, shown) => (shown === undefined ? `${all} instances` : `${shown} of ${all}`),
    });
  }

  /** Another upstream is opened, or none. */
  open(name: string | undefined): void {
    this.#rows.clear();
    this.#panel.hidden = name === undefined;
    if (name === undefined) return;
    setText(byId('instances-title'), `Instances of ${name}`);
    setText(byId('explain-curl'), `curl ${browser.location.origin}/v1/explain/${encodeURIComponent(name)}`);
    this.#filter.clear();
  }

  show({ open, isWhole }: LiveState): void {
    if (open === undefined) return;
    this.#rows.apply(open.instances, isWhole);
    const problem = byId('open-problem');
    problem.hidden = open.problem === undefined;
    setText(problem, open.problem ?? '');
    byId('instances').hidden = open.problem !== undefined;
    this.#filter.sift();
  }
}

/** Those that something is the matter with come first. */
function byProblemThenId(one: InstanceRow, other: InstanceRow): number {
  return Number(isFine(one)) - Number(isFine(other)) || compareNames(one.id, other.id);
}

function isFine({ isUsed, why }: InstanceRow): boolean {
  return isUsed && why.length === 0;
}

function makeInstance(): RowView<InstanceRow> {
  const { row, cells } = makeRow(LABELS);
  const [name, state, share, inFlight, perSecond, p50, p99, failed, tags] = cells as PageElement[] as [
    PageElement,
    PageElement,
    PageElement,
    PageElement,
    PageElement,
    PageElement,
    PageElement,
    PageElement,
    PageElement,
  ];
  const id = make('strong');
  const address = make('span', 'sub');
  name.append(id, address);
  const badge = make('span', 'badge');
  const why = make('span', 'sub');
  state.append(badge, why);
  const part = make('span');
  const bar = new ShareBar();
  share.append(part, bar.element);
  return {
    element: row,
    show(instance) {
      setText(id, instance.id);
      setText(address, instance.isNext ? `${instance.address} · next` : instance.address);
      if (!instance.isUsed) setBadge(badge, 'not used', 'bad');
      else if (instance.why.length > 0) setBadge(badge, 'used', 'warn');
      else setBadge(badge, 'used', 'good');
      setText(why, instance.why.join('; '));
      setText(part, percent(instance.share));
      bar.set(instance.share);
      setText(inFlight, String(instance.inFlight));
      setText(perSecond, rate(instance.perSecond));
      setText(p50, milliseconds(instance.p50Ms));
      setText(p99, milliseconds(instance.p99Ms));
      setText(failed, `${whole(instance.failed)} of ${whole(instance.requests)}`);
      setText(tags, instance.tags.join(', ') || '–');
    },
  };
}
