import type { LiveState, UpstreamRow } from '../live-state.ts';
import { browser, byId, make, type PageElement, setBadge, setText } from './dom.ts';
import { KeyedRows, makeRow, type RowView } from './keyed-rows.ts';
import { ShareBar, Sparkline } from './sparkline.ts';
import { ago, compareNames, milliseconds, percent, rate } from './words.ts';

const LABELS = [
  'Upstream',
  'State',
  'Instances',
  'In flight',
  'Requests/s',
  'p50',
  'p99',
  'Errors',
  'Data age',
  'Changed',
];

/** Of one upstream: what is drawn every second, whether its row has changed or not. */
interface Drawn extends RowView<UpstreamRow> {
  tick(row: UpstreamRow, now: number): void;
}

/** The upstreams, a row each. */
export class UpstreamTable {
  readonly #rows: KeyedRows<UpstreamRow>;
  readonly #views = new Map<string, Drawn>();
  readonly #onOpen: (name: string) => void;
  #current: string | undefined;

  /** @param onOpen an upstream's instances are asked for */
  constructor(onOpen: (name: string) => void) {
    this.#onOpen = onOpen;
    const body = byId('upstreams').querySelector('tbody') as PageElement;
    this.#rows = new KeyedRows({
      body,
      keyOf: ({ name }) => name,
      make: (row) => this.#make(row.name),
      compare: (one, other) => compareNames(one.name, other.name),
    });
  }

  /** Shows what has changed, and lets a second go by in the lines. */
  show({ upstreams, isWhole, at }: LiveState): void {
    this.#rows.apply(upstreams, isWhole);
    for (const { row } of this.#rows.entries()) this.#views.get(row.name)?.tick(row, at);
    for (const name of this.#views.keys()) if (this.#rows.get(name) === undefined) this.#views.delete(name);
    byId('no-upstreams').hidden = this.#rows.size > 0;
    byId('upstreams').hidden = this.#rows.size === 0;
    this.mark(this.#current);
  }

  /** Marks the upstream whose instances are shown. */
  mark(name: string | undefined): void {
    this.#current = name;
    for (const [each, { element }] of this.#views) {
      if (each === name) element.setAttribute('aria-current', 'true');
      else element.removeAttribute('aria-current');
    }
  }

  /** Puts the focus on an upstream's name, where it was before its instances were opened. */
  focus(name: string): void {
    this.#views.get(name)?.element.querySelector('button')?.focus();
  }

  #make(name: string): Drawn {
    const { row, cells } = makeRow(LABELS);
    const [title, state, instances, inFlight, perSecond, p50, p99, errors, age, changed] = cells as PageElement[] as [
      PageElement,
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
    const button = make('button', 'open', name);
    button.setAttribute('type', 'button');
    button.setAttribute('aria-controls', 'instances-panel');
    button.addEventListener('click', () => this.#onOpen(name));
    const policy = make('span', 'sub');
    title.append(button, policy);
    const badge = make('span', 'badge');
    const note = make('span', 'sub');
    state.append(badge, note);
    const counts = make('span');
    const bar = new ShareBar();
    instances.append(counts, bar.element);
    const number = make('span', 'amount');
    const line = new Sparkline();
    perSecond.append(number, line.element);
    const failed = make('span');
    errors.append(failed);
    const view: Drawn = {
      element: row,
      show(upstream) {
        showState(upstream, badge, note);
        setText(policy, upstream.policy);
        const { used, ejected, failing, unwell, standby } = upstream;
        const total = used + ejected + failing + unwell + standby;
        setText(counts, `${used} of ${total} used`);
        bar.set(total === 0 ? 0 : used / total);
        setText(inFlight, String(upstream.inFlight));
        setText(number, rate(upstream.perSecond));
        setText(p50, milliseconds(upstream.p50Ms));
        setText(p99, milliseconds(upstream.p99Ms));
        setText(failed, percent(upstream.errorShare));
        failed.className = upstream.errorShare > 0 ? 'badge' : '';
        failed.dataset.tone = upstream.errorShare > 0.05 ? 'bad' : upstream.errorShare > 0 ? 'warn' : 'quiet';
        if (upstream.errorShare === 0) failed.removeAttribute('data-tone');
      },
      tick(upstream, now) {
        line.add(upstream.perSecond);
        setText(age, ago(upstream.confirmedAt, now));
        setText(changed, upstream.changedAt === undefined ? '–' : `${ago(upstream.changedAt, now)}`);
      },
    };
    this.#views.set(name, view);
    return view;
  }
}

function showState(upstream: UpstreamRow, badge: PageElement, note: PageElement): void {
  const { state, used, ejected, failing, unwell, panic, failover, source } = upstream;
  const notes: string[] = [];
  if (source !== undefined && source !== 'consul') notes.push(`view from ${source}`);
  if (failover !== undefined) notes.push(`failed over to ${failover}`);
  if (panic) notes.push('panic: all are used, well or not');
  if (ejected > 0) notes.push(`${ejected} ejected`);
  if (failing > 0) notes.push(`${failing} failing probes`);
  if (unwell > 0) notes.push(`${unwell} unwell`);
  setText(note, notes.join(', '));
  if (state !== 'ready') setBadge(badge, state, 'warn');
  else if (used === 0) setBadge(badge, 'nobody', 'bad');
  else if (panic) setBadge(badge, 'panic', 'bad');
  else if (ejected + failing + unwell > 0 || failover !== undefined) setBadge(badge, 'degraded', 'warn');
  else setBadge(badge, 'well', 'good');
}

/** The upstream that the address bar names after `#`; undefined: none. */
export function openInAddress(): string | undefined {
  const text = browser.location.hash.slice(1);
  try {
    return text === '' || text.endsWith('-panel') ? undefined : decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
