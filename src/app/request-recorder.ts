import { METHODS } from '../http1/method.ts';
import type { AttemptRecord, BoundRecorder, ConnectionRecord, Recorder, RequestRecord } from '../proxy/recorder.ts';
import { systemClock } from '../runtime/clock.ts';
import { HistogramPair } from '../telemetry/histogram-pair.ts';
import type { PilotfishMetrics } from '../telemetry/pilotfish-metrics.ts';
import { RequestSeries } from '../telemetry/request-series.ts';
import type { Counter, Histogram } from '../telemetry/series.ts';
import type { Upstream } from '../upstream/upstream.ts';

/** Binds what the proxy measures to series, once per upstream. */
export class RequestRecorder implements Recorder {
  readonly #metrics: PilotfishMetrics;

  constructor(metrics: PilotfishMetrics) {
    this.#metrics = metrics;
  }

  bind(upstream: Upstream | undefined): BoundRecorder {
    return new UpstreamRecorder(upstream?.key ?? '', this.#metrics);
  }
}

/** What was measured, and the trace it belongs to. */
interface Measured {
  readonly durationMs: number;
  readonly traceId: string | undefined;
  readonly spanId: string | undefined;
}

class UpstreamRecorder implements BoundRecorder {
  readonly #key: string;
  readonly #metrics: PilotfishMetrics;
  readonly #server: RequestSeries;
  readonly #client: RequestSeries;
  /** How the last exchange ended, and where those count that end so: most do. */
  #methodIndex = -1;
  #status = -1;
  #durations: HistogramPair | undefined;
  /** Both are for upstreams in trouble: of a thousand, few ever need them. */
  #refusals: Map<string, Counter> | undefined;
  #retries: Map<string, Counter> | undefined;
  #connects: Counter | undefined;
  #connectTimes: Histogram | undefined;

  constructor(key: string, metrics: PilotfishMetrics) {
    this.#key = key;
    this.#metrics = metrics;
    this.#server = new RequestSeries(metrics.serverDuration, key);
    this.#client = new RequestSeries(metrics.clientDuration, key);
  }

  requestEnded(record: RequestRecord): void {
    const { method, status, error } = record;
    measure(this.#server.of(method, status, error ?? ''), record);
    if (error === undefined || error === 'cancelled') return;
    this.#refusals ??= new Map();
    this.#count(this.#refusals, this.#metrics.refusals, error);
  }

  attemptEnded(record: AttemptRecord): void {
    const { methodIndex, status, error } = record;
    measure(this.#client.of(METHODS[methodIndex] ?? '', status, error ?? ''), record);
  }

  exchangeEnded({ methodIndex, status, durationMs }: RequestRecord): void {
    let durations = this.#durations;
    if (durations === undefined || methodIndex !== this.#methodIndex || status !== this.#status) {
      const method = METHODS[methodIndex] ?? '';
      durations = HistogramPair.of(this.#server.of(method, status, ''), this.#client.of(method, status, ''));
      this.#methodIndex = methodIndex;
      this.#status = status;
      this.#durations = durations;
    }
    durations.record(durationMs / 1000);
  }

  connectionEnded({ error, durationMs }: ConnectionRecord): void {
    this.#metrics.tcpDuration.bind(this.#key, error ?? '').record(durationMs / 1000);
  }

  retried(reason: string): void {
    this.#retries ??= new Map();
    this.#count(this.#retries, this.#metrics.retries, reason);
  }

  retryRefused(): void {
    this.#metrics.retriesRefused.bind(this.#key, 'budget').add(1);
  }

  connected(durationMs: number): void {
    this.#connects ??= this.#metrics.connects.bind(this.#key, 'connected');
    this.#connectTimes ??= this.#metrics.connectDuration.bind(this.#key);
    this.#connects.add(1);
    this.#connectTimes.record(durationMs / 1000);
  }

  connectFailed(): void {
    this.#metrics.connects.bind(this.#key, 'failed').add(1);
  }

  #count(counters: Map<string, Counter>, family: PilotfishMetrics['refusals'], label: string): void {
    let counter = counters.get(label);
    if (counter === undefined) {
      counter = family.bind(this.#key, label);
      counters.set(label, counter);
    }
    counter.add(1);
  }
}

/** Counts a duration; that of a sampled request becomes its bucket's exemplar. */
function measure(histogram: Histogram, { durationMs, traceId, spanId }: Measured): void {
  if (traceId === undefined || spanId === undefined) histogram.record(durationMs / 1000);
  else histogram.recordTraced({ value: durationMs / 1000, traceId, spanId, wallMs: systemClock.wallMs() });
}
