import { METHODS } from '../http1/request-head.ts';
import type { AttemptRecord, BoundRecorder, Recorder, RequestRecord } from '../proxy/recorder.ts';
import type { AccessLog } from '../telemetry/access-log.ts';
import type { PilotfishMetrics } from '../telemetry/pilotfish-metrics.ts';
import { RequestSeries } from '../telemetry/request-series.ts';
import type { Counter, Gauge } from '../telemetry/series.ts';
import type { Upstream } from '../upstream/upstream.ts';

/** Where a {@link RequestRecorder} records to. */
export interface RequestRecorderOptions {
  readonly metrics: PilotfishMetrics;
  readonly accessLog: AccessLog;
}

/** Binds what the proxy measures to series, once per upstream, and to the access log. */
export class RequestRecorder implements Recorder {
  readonly #options: RequestRecorderOptions;

  constructor(options: RequestRecorderOptions) {
    this.#options = options;
  }

  bind(upstream: Upstream | undefined): BoundRecorder {
    return new UpstreamRecorder(upstream?.key ?? '', this.#options);
  }
}

class UpstreamRecorder implements BoundRecorder {
  readonly #key: string;
  readonly #metrics: PilotfishMetrics;
  readonly #accessLog: AccessLog;
  readonly #server: RequestSeries;
  readonly #client: RequestSeries;
  readonly #active: Gauge;
  readonly #refusals = new Map<string, Counter>();
  readonly #retries = new Map<string, Counter>();

  constructor(key: string, { metrics, accessLog }: RequestRecorderOptions) {
    this.#key = key;
    this.#metrics = metrics;
    this.#accessLog = accessLog;
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
    if (this.#accessLog.wants(status, durationMs, false)) this.#log(record);
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

  #log(record: RequestRecord): void {
    const { method, path, upstream, status, durationMs, resends, endpoint, error, bytesIn, bytesOut } = record;
    this.#accessLog.write({
      method,
      path,
      upstream: upstream?.key,
      status: status === 0 ? undefined : status,
      durationMs,
      attempts: resends + (endpoint === undefined ? 0 : 1),
      endpoint: endpoint === undefined ? undefined : `${endpoint.host}:${endpoint.port}`,
      errorType: error,
      traceId: undefined,
      requestBytes: bytesIn,
      responseBytes: bytesOut,
    });
  }
}
