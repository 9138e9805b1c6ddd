import type { InstanceRow, LiveState } from '../live-state.ts';
import { browser, byId, make, type PageElement, setBadge, setText } from './dom.ts';
import { KeyedRows, makeRow, type RowView } from './keyed-rows.ts';
import { ShareBar } from './sparkline.ts';
import { compareNames, milliseconds, percent, rate, whole } from './words.ts';

const LABELS = ['Instance', 'State', 'Share', 'In flight', 'Requests/s', 'p50', 'p99', 'Failed', 'Tags'];

/** The instances of the opened upstream: whether each is used, and why. */
export class InstanceTable {
  readonly #rows: KeyedRows<InstanceRow>;
  readonly #panel: PageElement = byId('instances-panel');
  #filter = '';

  constructor() {
    this.#rows = new KeyedRows({
      body: byId('instances').querySelector('tbody') as PageElement,
      keyOf: ({ id }) => id,
      make: makeInstance,
      compare: byProblemThenId,
    });
    const field = byId('filter');
    field.addEventListener('input', () => {
      this.#filter = field.value.trim().toLowerCase();
      this.#sift();
    });
  }

  /** Another upstream is opened, or none. */
  open(name: string | undefined): void {
    this.#rows.clear();
    this.#panel.hidden = name === undefined;
    if (name === undefined) return;
    setText(byId('instances-title'), `Instances of ${name}`);
    setText(byId('explain-curl'), `curl ${browser.location.origin}/v1/explain/${encodeURIComponent(name)}`);
    byId('filter').value = '';
    this.#filter = '';
    setText(byId('shown'), '');
  }

  show({ open, isWhole }: LiveState): void {
    if (open === undefined) return;
    this.#rows.apply(open.instances, isWhole);
    const problem = byId('open-problem');
    problem.hidden = open.problem === undefined;
    setText(problem, open.problem ?? '');
    byId('instances').hidden = open.problem !== undefined;
    this.#sift();
  }

  /** Hides what the filter does not name. */
  #sift(): void {
    let shown = 0;
    for (const { row, view } of this.#rows.entries()) {
      const text =
        this.#filter === '' ? '' : `${row.id} ${row.address} ${row.why.join(' ')} ${row.tags.join(' ')}`.toLowerCase();
      const isHidden = !text.includes(this.#filter);
      if (view.element.hidden !== isHidden) view.element.hidden = isHidden;
      if (!isHidden) shown += 1;
    }
    setText(byId('shown'), this.#filter === '' ? `${this.#rows.size} instances` : `${shown} of ${this.#rows.size}`);
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
