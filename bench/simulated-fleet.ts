import type { Clock, Timer } from '../src/runtime/clock.ts';
import { CodedError } from '../src/runtime/coded-error.ts';
import { type Random, seededRandom } from '../src/runtime/random.ts';
import type { Lease } from '../src/upstream/lease.ts';
import { Upstream } from '../src/upstream/upstream.ts';
import type { OutlierSettings, PolicyName } from '../src/upstream/upstream-settings.ts';
import { defaultSettings, endpoint } from '../test/support/upstream-parts.ts';

/** An instance: how long it works on a request, on average, and whether it answers 503 at once instead. */
export interface SimulatedInstance {
  readonly meanMs: number;
  readonly weight: number;
  readonly isBroken: boolean;
}

/** A fleet under load. */
export interface Simulation {
  readonly policy: PolicyName;
  readonly instances: readonly SimulatedInstance[];
  readonly outlier: Partial<OutlierSettings>;
  /** Requests per second as a share of what all instances together can do. */
  readonly load: number;
  readonly seed: number;
}

/** What came of it. */
export interface SimulationResult {
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Share of the requests that were answered 503 or timed out. */
  readonly failed: number;
  /** Share of the requests that went to the last instance, the odd one. */
  readonly toOdd: number;
  /** Requests at the busiest instance, over the average of all; 1 = perfectly even. */
  readonly imbalance: number;
}

/** Requests that an instance works on at once; more wait in line. */
const WORKERS = 4;
/** Sidecars, each of which sees only its own requests. */
const CALLERS = 10;
const REQUESTS = 120_000;
/** The first ones, which find everything idle, do not count. */
const WARM_UP = 20_000;
const TIMEOUT_MS = 5000;
const BROKEN_ANSWER_MS = 1;
/** Spread of the working time (σ of its logarithm): some requests take several times the average. */
const SPREAD = 0.7;
/** What `ring-hash` sticks to: so many users, the nth of whom calls 1 ÷ n as often as the first. */
const USERS = 2000;

interface Event extends Timer {
  readonly atMs: number;
  readonly order: number;
  run: (() => void) | undefined;
}

/** Time that jumps from one event to the next. */
class SimulatedTime implements Clock {
  readonly #heap: Event[] = [];
  #nowMs = 0;
  #order = 0;

  nowMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#nowMs;
  }

  sleep(): Promise<void> {
    return Promise.reject(new Error('nothing sleeps in a simulation'));
  }

  after(delayMs: number, callback: () => void): Timer {
    const event: Event = {
      atMs: this.#nowMs + delayMs,
      order: this.#order++,
      run: callback,
      cancel() {
        this.run = undefined;
      },
    };
    let place = this.#heap.push(event) - 1;
    while (place > 0 && isBefore(event, this.#heap[(place - 1) >> 1] as Event)) {
      this.#heap[place] = this.#heap[(place - 1) >> 1] as Event;
      place = (place - 1) >> 1;
    }
    this.#heap[place] = event;
    return event;
  }

  /** Runs the next event; false when there is none. */
  step(): boolean {
    const [first] = this.#heap;
    const last = this.#heap.pop();
    if (first === undefined || last === undefined) return false;
    if (first !== last) this.#sink(last);
    if (first.run === undefined) return true;
    this.#nowMs = first.atMs;
    first.run();
    return true;
  }

  #sink(event: Event): void {
    const heap = this.#heap;
    let place = 0;
    for (let child = 1; child < heap.length; child = 2 * place + 1) {
      const right = heap[child + 1];
      if (right !== undefined && isBefore(right, heap[child] as Event)) child += 1;
      if (!isBefore(heap[child] as Event, event)) break;
      heap[place] = heap[child] as Event;
      place = child;
    }
    heap[place] = event;
  }
}

function isBefore(one: Event, other: Event): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
}

interface Call {
  readonly nth: number;
  readonly atMs: number;
  readonly lease: Lease;
  timeout: Timer | undefined;
  isOver: boolean;
}

/** An instance at work: a line of calls and a few workers. */
class Server {
  readonly #instance: SimulatedInstance;
  readonly #time: SimulatedTime;
  readonly #random: Random;
  readonly #line: Call[] = [];
  #busy = 0;
  #present = 0;
  #sinceMs = 0;
  calls = 0;
  /** Calls present, summed over time. */
  presence = 0;

  constructor(instance: SimulatedInstance, time: SimulatedTime, random: Random) {
    this.#instance = instance;
    this.#time = time;
    this.#random = random;
  }

  take(call: Call, done: (call: Call) => void): void {
    this.calls += 1;
    this.#count(1);
    this.#line.push(call);
    this.#work(done);
  }

  leave(): void {
    this.#count(-1);
  }

  #work(done: (call: Call) => void): void {
    while (this.#busy < WORKERS) {
      const call = this.#line.shift();
      if (call === undefined) return;
      if (call.isOver) continue;
      this.#busy += 1;
      this.#time.after(this.#workMs(), () => {
        this.#busy -= 1;
        if (!call.isOver) done(call);
        this.#work(done);
      });
    }
  }

  #workMs(): number {
    const { isBroken, meanMs } = this.#instance;
    if (isBroken) return BROKEN_ANSWER_MS;
    const normal = Math.sqrt(-2 * Math.log(1 - this.#random())) * Math.cos(2 * Math.PI * this.#random());
    return meanMs * Math.exp(SPREAD * normal - SPREAD ** 2 / 2);
  }

  #count(change: number): void {
    const nowMs = this.#time.nowMs();
    this.presence += this.#present * (nowMs - this.#sinceMs);
    this.#present += change;
    this.#sinceMs = nowMs;
  }
}

const timedOut = new CodedError('timed out', { code: 'answer_timeout', side: 'upstream', retryable: true });

/** Runs the real upstreams, policies and ejection of several callers against simulated instances, in simulated time. */
export function simulate({ policy, instances, outlier, load, seed }: Simulation): SimulationResult {
  const time = new SimulatedTime();
  const random = seededRandom(seed);
  const servers = instances.map((instance) => new Server(instance, time, random));
  const settings = { ...defaultSettings, policy, outlier: { ...defaultSettings.outlier, ...outlier } };
  const endpoints = instances.map(({ weight }, index) => endpoint(`${index}`, { weight }));
  const callers = Array.from({ length: CALLERS }, (_, nth) => {
    const own = seededRandom(seed * 1000 + nth);
    const upstream = new Upstream({ key: 'fleet', settings, clock: time, random: own });
    upstream.apply({ origin: 'static', endpoints });
    return upstream;
  });
  const perMs = instances.reduce((sum, { meanMs }) => sum + WORKERS / meanMs, 0) * load;
  const latenciesMs: number[] = [];
  let [failed, sent, ended] = [0, 0, 0];

  const end = (call: Call, outcome: Parameters<Lease['settle']>[0]) => {
    call.isOver = true;
    call.timeout?.cancel();
    call.lease.settle(outcome);
    servers[Number(call.lease.endpoint.id)]?.leave();
    ended += 1;
    if (call.nth < WARM_UP) return;
    const isFailed = outcome.kind === 'failed' || (outcome.kind === 'responded' && outcome.status >= 500);
    if (isFailed) failed += 1;
    // A quick failure is no quick answer; a timeout was waited for.
    if (!isFailed || outcome.kind === 'failed') latenciesMs.push(time.nowMs() - call.atMs);
  };
  const send = () => {
    const upstream = callers[Math.floor(random() * CALLERS)] as Upstream;
    const lease = upstream.acquire(undefined, userHash(random)) as Lease;
    const call: Call = { nth: sent++, atMs: time.nowMs(), lease, timeout: undefined, isOver: false };
    call.timeout = time.after(TIMEOUT_MS, () => end(call, { kind: 'failed', cause: timedOut }));
    const index = Number(lease.endpoint.id);
    const status = instances[index]?.isBroken ? 503 : 200;
    servers[index]?.take(call, (done) => end(done, { kind: 'responded', status }));
    if (sent < REQUESTS) time.after(-Math.log(1 - random()) / perMs, send);
  };
  send();
  while (ended < REQUESTS && time.step());
  for (const upstream of callers) upstream.close();
  return result(servers, latenciesMs, failed);
}

function result(servers: readonly Server[], latenciesMs: number[], failed: number): SimulationResult {
  latenciesMs.sort((a, b) => a - b);
  const at = (share: number) => latenciesMs[Math.floor(share * latenciesMs.length)] ?? Number.NaN;
  const presence = servers.map((server) => server.presence);
  const average = presence.reduce((sum, each) => sum + each, 0) / presence.length;
  return {
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    failed: failed / (REQUESTS - WARM_UP),
    toOdd: (servers.at(-1)?.calls ?? 0) / REQUESTS,
    imbalance: Math.max(...presence) / average,
  };
}

/** The hash of a user drawn by Zipf's law (inverse of its continuous form). */
function userHash(random: Random): number {
  const user = Math.floor(USERS ** random());
  return Math.imul(user, 0x9e3779b1) >>> 0;
}
