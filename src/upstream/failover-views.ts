import type { EndpointSet } from './endpoint-source.ts';
import { EMPTY_SELECTION, type Selection, selectCandidates } from './select-candidates.ts';
import { staticEndpoints } from './static-endpoints.ts';
import type { UpstreamSettings } from './upstream-settings.ts';
import { View } from './view.ts';

/** What an upstream knows: nothing yet · the catalog says that there is no such service · a view, maybe a stale one. */
export type UpstreamState = 'waiting' | 'absent' | 'ready';

/** Whom requests go to now, and what is needed to know better. */
export interface Choice {
  readonly view: View;
  readonly selection: Selection;
  /** Views that have to be watched: the first, and each failover while all before it have nothing to offer. */
  readonly wanted: number;
  /** Nothing that is still awaited could change the answer from "nobody". */
  readonly decided: boolean;
}

/**
 * The upstream's own view, those of its failover datacenters in their order, and its fallback. The first one with a
 * usable endpoint is used; the fallback only when the catalog was never reached and there is no view at all.
 */
export class FailoverViews {
  /** The upstream's own first. */
  readonly views: readonly View[];
  readonly #settings: UpstreamSettings;
  /** Undefined: there is none. */
  readonly #fallbackSet: EndpointSet | undefined;
  #fallback: View | undefined;

  /** @throws CodedError `invalid_static_endpoint` when a fallback is not `host:port` */
  constructor(settings: UpstreamSettings) {
    this.#settings = settings;
    if (settings.fallback.length > 0)
      this.#fallbackSet = { origin: 'fallback', endpoints: staticEndpoints(settings.fallback) };
    this.views = [new View(), ...settings.failover.map((datacenter) => new View(datacenter))];
  }

  /** The upstream's own. */
  get first(): View {
    return this.views[0] as View;
  }

  /** Every view that has been given endpoints, for `explain` and `describe`. */
  *filled(): Generator<View> {
    for (const view of this.views) if (view.origin !== undefined) yield view;
    if (this.#fallback !== undefined) yield this.#fallback;
  }

  choose(nowMs: number): Choice {
    if (this.first.knowledge === 'answered') this.#fallback = undefined;
    for (const [index, view] of this.views.entries()) {
      const selection = selectCandidates(view.members(), this.#settings);
      if (selection.candidates.length > 0) return { view, selection, wanted: index + 1, decided: true };
      if (view.knowledge === 'nothing') {
        return { view: this.first, selection: EMPTY_SELECTION, wanted: index + 1, decided: false };
      }
    }
    const view = this.#useFallback(nowMs) ?? this.first;
    const selection = view === this.first ? EMPTY_SELECTION : selectCandidates(view.members(), this.#settings);
    return { view, selection, wanted: this.views.length, decided: true };
  }

  state(active: View): UpstreamState {
    if (active.origin === 'fallback' || this.views.some(({ size }) => size > 0)) return 'ready';
    if (!this.views.every(({ knowledge }) => knowledge === 'answered')) return 'waiting';
    // A subset that nobody is in says nothing of the service.
    return this.#settings.query.subset === undefined ? 'absent' : 'ready';
  }

  /** The fallback while it applies. */
  #useFallback(nowMs: number): View | undefined {
    if (this.#fallbackSet === undefined || this.first.knowledge !== 'failed') return undefined;
    if (this.#fallback === undefined) {
      this.#fallback = new View();
      this.#fallback.apply(this.#fallbackSet, nowMs);
    }
    return this.#fallback;
  }
}
