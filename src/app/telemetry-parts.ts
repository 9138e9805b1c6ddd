import type { Exposition } from '../admin/admin-parts.ts';
import { RequestFeed } from '../admin/request-feed.ts';
import { type ConnectionRecord, type Recorder, type RequestRecord, silentRecorder } from '../proxy/recorder.ts';
import { systemClock } from '../runtime/clock.ts';
import { randomId, systemRandom } from '../runtime/random.ts';
import { AccessLog } from '../telemetry/access-log.ts';
import { expositionContentType, negotiateExposition } from '../telemetry/exposition-format.ts';
import type { Logger } from '../telemetry/logger.ts';
import { b3FromEnvironment, otlpSignals, samplerFromEnvironment } from '../telemetry/otel-environment.ts';
import { type OtlpExport, startOtlpExport } from '../telemetry/otlp-export.ts';
import { type PilotfishMetrics, pilotfishMetrics } from '../telemetry/pilotfish-metrics.ts';
import { ProcessMetrics } from '../telemetry/process-metrics.ts';
import { prometheusTextInTurns } from '../telemetry/prometheus-text.ts';
import { RecentTraffic } from '../telemetry/recent-traffic.ts';
import { Registry } from '../telemetry/registry.ts';
import { resourceAttributes } from '../telemetry/resource.ts';
import type { SpanSink } from '../telemetry/span-record.ts';
import { TraceDecider } from '../telemetry/trace-decision.ts';
import type { Config } from './config.ts';
import { logConnection, logRequest } from './log-requests.ts';
import { RequestRecorder } from './request-recorder.ts';
import { endedRequest } from './show-request.ts';
import { durationMs } from './units.ts';
import { VERSION } from './version.ts';

/** How long spans and metrics that wait may take to leave at the end. */
const FLUSH_MS = 2000;

interface Foundation {
  readonly registry: Registry;
  readonly metrics: PilotfishMetrics;
  readonly resource: ReadonlyMap<string, string>;
  readonly otlp: OtlpExport | undefined;
  /** Somebody reads the metrics: a scraper, or a collector. */
  readonly isRead: boolean;
}

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
  readonly #resource: ReadonlyMap<string, string>;
  readonly #process: ProcessMetrics;
  readonly #otlp: OtlpExport | undefined;

  private constructor({ telemetry }: Config, logger: Logger, foundation: Foundation) {
    const { registry, metrics, resource, otlp, isRead } = foundation;
    this.registry = registry;
    this.metrics = metrics;
    this.#resource = resource;
    this.#otlp = otlp;
    this.#process = new ProcessMetrics({ registry, metrics, clock: systemClock, version: VERSION });
    const { access, slow } = telemetry.logs;
    const accessLog = new AccessLog(logger, { mode: access, slowMs: durationMs(slow) });
    this.recorder = isRead ? new RequestRecorder(metrics) : silentRecorder;
    this.traffic = new RecentTraffic(metrics.serverDuration, 'upstream', systemClock);
    this.onRequest = (record) => {
      if (access !== 'off') logRequest(accessLog, record);
      if (this.requests.isWatched) this.requests.publish(endedRequest(record));
    };
    this.onConnection = (record) => logConnection(accessLog, record);
    this.tracer = otlp?.sink === undefined ? undefined : tracer(telemetry.traces.ratio, otlp.sink);
  }

  /**
   * Loads the OpenTelemetry SDK only if `OTEL_EXPORTER_OTLP_…` asks for it.
   * @param worker the number of the worker that this is; its metrics are the primary's to export. Undefined: it is none
   */
  static async start(config: Config, logger: Logger, worker?: number): Promise<TelemetryParts> {
    const registry = new Registry();
    const metrics = pilotfishMetrics(registry);
    const env = process.env;
    const resource = resourceAttributes({
      serviceName: config.service?.name ?? 'pilotfish',
      version: VERSION,
      instanceId: `${config.service?.id ?? randomId(8, systemRandom)}${worker === undefined ? '' : `/${worker}`}`,
      env,
    });
    const asked = otlpSignals(env);
    const signals = worker === undefined ? asked : { ...asked, metrics: false };
    const onProblem = (reason: string) => logger.warn('telemetry could not be exported', { reason });
    const otlp =
      signals.traces || signals.metrics
        ? await startOtlpExport({
            signals,
            registry,
            metrics,
            resource,
            version: VERSION,
            clock: systemClock,
            env,
            onProblem,
          })
        : undefined;
    const isRead = config.telemetry.metrics.prometheus || asked.metrics;
    return new TelemetryParts(config, logger, { registry, metrics, resource, otlp, isRead });
  }

  /** What a scraper gets that sent this Accept field. */
  async exposition(accept: string | undefined): Promise<Exposition> {
    const format = negotiateExposition(accept);
    const text = await prometheusTextInTurns(this.registry, { format, resource: this.#resource });
    return { contentType: expositionContentType[format], text };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process[Symbol.dispose]();
    await this.#otlp?.close(FLUSH_MS);
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
