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

/** Where exchanges count that ended alike. */
interface ExchangeSeries {
  readonly methodIndex: number;
  readonly status: number;
  readonly durations: HistogramPair;
}

class UpstreamRecorder implements BoundRecorder {
  readonly #key: string;
  readonly #metrics: PilotfishMetrics;
  readonly #server: RequestSeries;
  readonly #client: RequestSeries;
  /** Where the exchanges count that end like the last one: most do. */
  #last: ExchangeSeries | undefined;
  /** By method and status; undefined until there is one. */
  #exchanges: Map<number, ExchangeSeries> | undefined;
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
    let series = this.#last;
    if (series?.methodIndex !== methodIndex || series.status !== status) series = this.#turnTo(methodIndex, status);
    series.durations.record(durationMs / 1000);
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

  #turnTo(methodIndex: number, status: number): ExchangeSeries {
    const key = 1000 * methodIndex + status;
    this.#exchanges ??= new Map();
    let series = this.#exchanges.get(key);
    if (series === undefined) {
      const method = METHODS[methodIndex] ?? '';
      const durations = new HistogramPair(this.#server.of(method, status, ''), this.#client.of(method, status, ''));
      series = { methodIndex, status, durations };
      this.#exchanges.set(key, series);
    }
    this.#last = series;
    return series;
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
