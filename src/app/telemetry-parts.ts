import type { Exposition } from '../admin/admin-parts.ts';
import { RequestFeed } from '../admin/request-feed.ts';
import { type ConnectionRecord, type Recorder, type RequestRecord, silentRecorder } from '../proxy/recorder.ts';
import { systemClock } from '../runtime/clock.ts';
import { randomId, systemRandom } from '../runtime/random.ts';
import { AccessLog } from '../telemetry/access-log.ts';
import type { Logger } from '../telemetry/logger.ts';
import { b3FromEnvironment, otlpSignals, samplerFromEnvironment } from '../telemetry/otel-environment.ts';
import type { PilotfishMetrics } from '../telemetry/pilotfish-metrics.ts';
import { RecentTraffic } from '../telemetry/recent-traffic.ts';
import type { Registry } from '../telemetry/registry.ts';
import type { SpanSink } from '../telemetry/span-record.ts';
import { TraceDecider } from '../telemetry/trace-decision.ts';
import type { Config } from './config.ts';
import { logConnection, logRequest } from './log-requests.ts';
import { Measurement } from './measurement.ts';
import { RequestRecorder } from './request-recorder.ts';
import { endedRequest } from './show-request.ts';
import { durationMs } from './units.ts';

/** Metrics, traces and the access log, as the configuration and the `OTEL_…` variables want them. */
export class TelemetryParts implements AsyncDisposable {
  readonly registry: Registry;
  readonly metrics: PilotfishMetrics;
  /** Records nothing where nobody reads the metrics. */
  readonly recorder: Recorder;
  /** Shows requests to whoever watches `/events`. */
  readonly requests: RequestFeed = new RequestFeed(() => systemClock.wallMs());
  /** What went on lately at each upstream, as apps saw it. */
  readonly traffic: RecentTraffic;
  /** Hears of each request that has ended. */
  readonly onRequest: (record: RequestRecord) => void;
  /** Hears of each TCP connection that has ended. */
  readonly onConnection: (record: ConnectionRecord) => void;
  /** Undefined: no spans are wanted, and what callers say of traces passes through. */
  readonly tracer: TraceDecider | undefined;
  readonly #measurement: Measurement;

  /** @param isRead somebody reads the metrics: a scraper, or a collector */
  private constructor({ telemetry }: Config, logger: Logger, measurement: Measurement, isRead: boolean) {
    const { registry, metrics, spans } = measurement;
    this.registry = registry;
    this.metrics = metrics;
    this.#measurement = measurement;
    const { access, slow } = telemetry.logs;
    const accessLog = new AccessLog(logger, { mode: access, slowMs: durationMs(slow) });
    this.recorder = isRead ? new RequestRecorder(metrics) : silentRecorder;
    this.traffic = new RecentTraffic(metrics.serverDuration, 'upstream', systemClock);
    this.onRequest = (record) => {
      if (access !== 'off') logRequest(accessLog, record);
      if (this.requests.isWatched) this.requests.publish(endedRequest(record));
    };
    this.onConnection = (record) => logConnection(accessLog, record);
    this.tracer = spans === undefined ? undefined : tracer(telemetry.traces.ratio, spans);
  }

  /**
   * Loads the OpenTelemetry SDK only if `OTEL_EXPORTER_OTLP_…` asks for it.
   * @param worker the number of the worker that this is; its metrics are the primary's to export. Undefined: it is none
   */
  static async start(config: Config, logger: Logger, worker?: number): Promise<TelemetryParts> {
    const asked = otlpSignals(process.env);
    const measurement = await Measurement.start({
      serviceName: config.service?.name ?? 'pilotfish',
      instanceId: `${config.service?.id ?? randomId(8, systemRandom)}${worker === undefined ? '' : `/${worker}`}`,
      signals: worker === undefined ? asked : { ...asked, metrics: false },
      logger,
    });
    const isRead = config.telemetry.metrics.prometheus || asked.metrics;
    return new TelemetryParts(config, logger, measurement, isRead);
  }

  /** What a scraper gets that sent this Accept field. */
  exposition(accept: string | undefined): Promise<Exposition> {
    return this.#measurement.exposition(accept);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#measurement[Symbol.asyncDispose]();
  }
}

function tracer(ratio: number, sink: SpanSink): TraceDecider {
  const sampler = samplerFromEnvironment(process.env) ?? { ratio };
  return new TraceDecider({
    ...sampler,
    b3: b3FromEnvironment(process.env),
    random: systemRandom,
    clock: systemClock,
    sink,
  });
}
