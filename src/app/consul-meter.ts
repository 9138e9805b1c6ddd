import type { Transport, WireReply, WireRequest } from '../consul/wire.ts';
import type { Clock } from '../runtime/clock.ts';
import type { PilotfishMetrics } from '../telemetry/pilotfish-metrics.ts';

/** API groups that this program asks; another counts as `other`. */
const GROUPS: ReadonlySet<string> = new Set([
  'agent',
  'catalog',
  'config',
  'coordinate',
  'discovery-chain',
  'event',
  'health',
  'kv',
  'query',
  'session',
  'status',
  'txn',
]);

/** How the link to Consul is. */
export interface ConsulLink {
  /** Undefined while nothing has been asked. */
  readonly isReachable: boolean | undefined;
  /** Since when it has been so. */
  readonly sinceWallMs: number | undefined;
  /** How long the state before this one lasted; undefined for the first. */
  readonly lastedMs: number | undefined;
  /** Why the last request failed; undefined when it was answered. */
  readonly error: string | undefined;
  readonly requests: number;
  /** Blocking queries that wait at the agent now. */
  readonly polls: number;
}

/** What a {@link ConsulMeter} is made of. */
export interface ConsulMeterOptions {
  readonly metrics: PilotfishMetrics;
  readonly clock: Clock;
  /** Told when Consul is found to be reachable or not, and was not so, or not known to be, before. */
  readonly onChange?: ((link: ConsulLink) => void) | undefined;
}

/** Counts what goes to Consul and what comes back, on its way: what it costs the agent, and whether it is there. */
export class ConsulMeter {
  readonly #metrics: PilotfishMetrics;
  readonly #clock: Clock;
  readonly #onChange: (link: ConsulLink) => void;
  #isReachable: boolean | undefined;
  #sinceWallMs: number | undefined;
  #sinceMs: number | undefined;
  #lastedMs: number | undefined;
  #error: string | undefined;
  #requests = 0;
  #polls = 0;

  constructor({ metrics, clock, onChange = () => undefined }: ConsulMeterOptions) {
    this.#metrics = metrics;
    this.#clock = clock;
    this.#onChange = onChange;
  }

  /** The same transport, measured here. */
  around(inner: Transport): Transport {
    return {
      send: (request) => this.#send(inner, request),
      close: () => inner.close(),
      get losses() {
        return inner.losses;
      },
    };
  }

  get link(): ConsulLink {
    return {
      isReachable: this.#isReachable,
      sinceWallMs: this.#sinceWallMs,
      lastedMs: this.#lastedMs,
      error: this.#error,
      requests: this.#requests,
      polls: this.#polls,
    };
  }

  /** Sets the gauges; called before each reading of the registry. */
  collect(): void {
    this.#metrics.consulPolls.bind().set(this.#polls);
    if (this.#isReachable !== undefined) this.#metrics.consulReachable.bind().set(this.#isReachable ? 1 : 0);
  }

  async #send(inner: Transport, request: WireRequest): Promise<WireReply> {
    const api = groupOf(request.path);
    const isPoll = request.lane === 'poll';
    const startMs = this.#clock.nowMs();
    this.#requests += 1;
    if (isPoll) this.#polls += 1;
    try {
      const reply = await inner.send(request);
      this.#count(request, api, String(reply.status));
      this.#metrics.consulBytes.bind(api).add(reply.body.length);
      this.#note(undefined);
      return reply;
    } catch (error) {
      // Taken back by ourselves: that says nothing about Consul.
      if (request.signal?.aborted === true) throw error;
      this.#count(request, api, 'error');
      this.#note(error instanceof Error ? error.message : String(error));
      throw error;
    } finally {
      if (isPoll) this.#polls -= 1;
      else this.#metrics.consulDuration.bind(api).record((this.#clock.nowMs() - startMs) / 1000);
    }
  }

  #count({ lane }: WireRequest, api: string, outcome: string): void {
    this.#metrics.consulRequests.bind(api, outcome).add(1);
    if (lane !== 'heartbeat') return;
    this.#metrics.heartbeats.bind(outcome === '200' ? 'accepted' : 'failed').add(1);
  }

  #note(error: string | undefined): void {
    const isReachable = error === undefined;
    this.#error = error;
    if (this.#isReachable === isReachable) return;
    const nowMs = this.#clock.nowMs();
    this.#lastedMs = this.#sinceMs === undefined ? undefined : nowMs - this.#sinceMs;
    this.#isReachable = isReachable;
    this.#sinceMs = nowMs;
    this.#sinceWallMs = this.#clock.wallMs();
    this.#onChange(this.link);
  }
}

function groupOf(path: string): string {
  const group = path.split('/')[2] ?? '';
  return GROUPS.has(group) ? group : 'other';
}
