import type { Exposition } from '../admin/admin-parts.ts';
import { systemClock } from '../runtime/clock.ts';
import { expositionContentType, negotiateExposition } from '../telemetry/exposition-format.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { OtlpSignals } from '../telemetry/otel-environment.ts';
import { type OtlpExport, startOtlpExport } from '../telemetry/otlp-export.ts';
import { type PilotfishMetrics, pilotfishMetrics } from '../telemetry/pilotfish-metrics.ts';
import { ProcessMetrics } from '../telemetry/process-metrics.ts';
import { prometheusTextInTurns } from '../telemetry/prometheus-text.ts';
import { Registry } from '../telemetry/registry.ts';
import { resourceAttributes } from '../telemetry/resource.ts';
import type { SpanSink } from '../telemetry/span-record.ts';
import { VERSION } from './version.ts';

/** How long spans and metrics that wait may take to leave at the end. */
const FLUSH_MS = 2000;

/** Who measures, and what of it leaves by OTLP. */
export interface MeasurementOptions {
  /** What the resource is called when `OTEL_SERVICE_NAME` does not say. */
  readonly serviceName: string;
  readonly instanceId: string;
  readonly signals: OtlpSignals;
  readonly logger: Logger;
}

/** The metrics of a process, its own included, and their ways out: for scrapers, and by OTLP if that is asked for. */
export class Measurement implements AsyncDisposable {
  readonly registry: Registry;
  readonly metrics: PilotfishMetrics;
  readonly #resource: ReadonlyMap<string, string>;
  readonly #process: ProcessMetrics;
  readonly #otlp: OtlpExport | undefined;

  private constructor(
    parts: Pick<Measurement, 'registry' | 'metrics'>,
    resource: ReadonlyMap<string, string>,
    otlp: OtlpExport | undefined,
  ) {
    this.registry = parts.registry;
    this.metrics = parts.metrics;
    this.#resource = resource;
    this.#otlp = otlp;
    this.#process = new ProcessMetrics({ ...parts, clock: systemClock, version: VERSION });
  }

  /** Loads the OpenTelemetry SDK only if a signal is asked for. */
  static async start({ serviceName, instanceId, signals, logger }: MeasurementOptions): Promise<Measurement> {
    const { env } = process;
    const registry = new Registry();
    const metrics = pilotfishMetrics(registry);
    const version = VERSION;
    const resource = resourceAttributes({ serviceName, version, instanceId, env });
    const onProblem = (reason: string) => logger.warn('telemetry could not be exported', { reason });
    const otlp =
      signals.traces || signals.metrics
        ? await startOtlpExport({ signals, registry, metrics, resource, version, clock: systemClock, env, onProblem })
        : undefined;
    return new Measurement({ registry, metrics }, resource, otlp);
  }

  /** Takes finished spans; undefined when traces are not asked for. */
  get spans(): SpanSink | undefined {
    return this.#otlp?.sink;
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
