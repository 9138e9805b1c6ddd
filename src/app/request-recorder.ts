import { METHODS } from '../http1/method.ts';
import type { AttemptRecord, BoundRecorder, Recorder, RequestRecord } from '../proxy/recorder.ts';
import type { PilotfishMetrics } from '../telemetry/pilotfish-metrics.ts';
import { RequestSeries } from '../telemetry/request-series.ts';
import type { Counter, Gauge } from '../telemetry/series.ts';
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

class UpstreamRecorder implements BoundRecorder {
  readonly #key: string;
  readonly #metrics: PilotfishMetrics;
  readonly #server: RequestSeries;
  readonly #client: RequestSeries;
  readonly #active: Gauge;
  readonly #refusals = new Map<string, Counter>();
  readonly #retries = new Map<string, Counter>();

  constructor(key: string, metrics: PilotfishMetrics) {
    this.#key = key;
    this.#metrics = metrics;
    this.#server = new RequestSeries(metrics.serverDuration, key);
    this.#client = new RequestSeries(metrics.clientDuration, key);
    this.#active = metrics.serverActive.bind(key);
  }

  requestStarted(): void {
    this.#active.add(1);
  }

  requestEnded(record: RequestRecord): void {
    const { method, status, error, durationMs } = record;
    this.#active.add(-1);
    this.#server.of(method, status, error ?? '').record(durationMs / 1000);
    if (error !== undefined && error !== 'cancelled') this.#count(this.#refusals, this.#metrics.refusals, error);
  }

  attemptEnded({ methodIndex, status, error, durationMs, resends }: AttemptRecord): void {
    const method = METHODS[methodIndex] ?? '';
    this.#client.of(method, status, error ?? '').record(durationMs / 1000);
    if (resends > 0) this.#count(this.#retries, this.#metrics.retries, 'attempt');
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
