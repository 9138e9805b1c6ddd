import { randomBytes } from 'node:crypto';
import type { Exposition } from '../../admin/admin-parts.ts';
import { systemClock } from '../../runtime/clock.ts';
import { expositionContentType, negotiateExposition } from '../../telemetry/exposition-format.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { otlpSignals } from '../../telemetry/otel-environment.ts';
import { type OtlpExport, startOtlpExport } from '../../telemetry/otlp-export.ts';
import { type PilotfishMetrics, pilotfishMetrics } from '../../telemetry/pilotfish-metrics.ts';
import { ProcessMetrics } from '../../telemetry/process-metrics.ts';
import { prometheusTextInTurns } from '../../telemetry/prometheus-text.ts';
import { Registry } from '../../telemetry/registry.ts';
import { resourceAttributes } from '../../telemetry/resource.ts';
import { VERSION } from '../version.ts';

/** What the resource is called when `OTEL_SERVICE_NAME` does not say. */
const SERVICE_NAME = 'pilotfish-marathon';
/** How long metrics that wait may take to leave at the end. */
const FLUSH_MS = 2000;

/** The bridge's metrics: for scrapers, and by OTLP if the `OTEL_…` variables ask for it. It makes no spans. */
export class BridgeTelemetry implements AsyncDisposable {
  readonly registry: Registry;
  readonly metrics: PilotfishMetrics;
  readonly #resource: ReadonlyMap<string, string>;
  readonly #process: ProcessMetrics;
  readonly #otlp: OtlpExport | undefined;

  private constructor(
    parts: Pick<BridgeTelemetry, 'registry' | 'metrics'>,
    resource: ReadonlyMap<string, string>,
    otlp: OtlpExport | undefined,
  ) {
    this.registry = parts.registry;
    this.metrics = parts.metrics;
    this.#resource = resource;
    this.#otlp = otlp;
    this.#process = new ProcessMetrics({ ...parts, clock: systemClock, version: VERSION });
  }

  /** Loads the OpenTelemetry SDK only if metrics are asked for. */
  static async start(logger: Logger): Promise<BridgeTelemetry> {
    const env = process.env;
    const registry = new Registry();
    const metrics = pilotfishMetrics(registry);
    const instanceId = randomBytes(8).toString('hex');
    const resource = resourceAttributes({ serviceName: SERVICE_NAME, version: VERSION, instanceId, env });
    const signals = { ...otlpSignals(env), traces: false };
    const onProblem = (reason: string) => logger.warn('telemetry could not be exported', { reason });
    const otlp = signals.metrics
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
    return new BridgeTelemetry({ registry, metrics }, resource, otlp);
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
