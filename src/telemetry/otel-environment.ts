import type { B3Form } from './b3.ts';

/** The process's environment. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What is to be sent by OTLP. */
export interface OtlpSignals {
  readonly traces: boolean;
  readonly metrics: boolean;
}

/**
 * What the environment asks to send: a signal named by any `OTEL_EXPORTER_OTLP_…` variable (one without a signal's name
 * means both) or by `OTEL_TRACES_EXPORTER` / `OTEL_METRICS_EXPORTER`, of which `none` switches it off.
 * `OTEL_SDK_DISABLED=true` switches all off. Nothing is asked for by an empty variable.
 */
export function otlpSignals(env: Environment): OtlpSignals {
  if (env.OTEL_SDK_DISABLED?.trim().toLowerCase() === 'true') return { traces: false, metrics: false };
  const prefix = 'OTEL_EXPORTER_OTLP_';
  const set = Object.keys(env).filter((name) => name.startsWith(prefix) && env[name]?.trim());
  const parts = set.map((name) => name.slice(prefix.length));
  const general = parts.some((part) => !/^(?:TRACES|METRICS|LOGS)_/.test(part));
  const asked = (signal: string, exporter: string | undefined): boolean => {
    if (exporter?.trim()) return exporter.trim().toLowerCase() !== 'none';
    return general || parts.some((part) => part.startsWith(`${signal}_`));
  };
  return {
    traces: asked('TRACES', env.OTEL_TRACES_EXPORTER),
    metrics: asked('METRICS', env.OTEL_METRICS_EXPORTER),
  };
}

/** How new traces are sampled; see {@link TraceDeciderOptions}. */
export interface SamplerChoice {
  readonly ratio: number;
  readonly parentBased: boolean;
}

const samplers: ReadonlyMap<string, { readonly ratio: number | undefined; readonly parentBased: boolean }> = new Map([
  ['always_on', { ratio: 1, parentBased: false }],
  ['always_off', { ratio: 0, parentBased: false }],
  ['traceidratio', { ratio: undefined, parentBased: false }],
  ['parentbased_always_on', { ratio: 1, parentBased: true }],
  ['parentbased_always_off', { ratio: 0, parentBased: true }],
  ['parentbased_traceidratio', { ratio: undefined, parentBased: true }],
]);

/**
 * The sampler that `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG` name; undefined when they name none that is known,
 * and then the configuration decides. A ratio that is absent or not in 0…1 is 1, as the specification says.
 */
export function samplerFromEnvironment(env: Environment): SamplerChoice | undefined {
  const sampler = samplers.get(env.OTEL_TRACES_SAMPLER?.trim().toLowerCase() ?? '');
  if (sampler === undefined) return undefined;
  const argument = Number(env.OTEL_TRACES_SAMPLER_ARG?.trim() || 'none');
  const ratio = sampler.ratio ?? (argument >= 0 && argument <= 1 ? argument : 1);
  return { ratio, parentBased: sampler.parentBased };
}

/** The form of B3 that `OTEL_PROPAGATORS` asks to send always; undefined when it does not. */
export function b3FromEnvironment(env: Environment): B3Form | undefined {
  const names = (env.OTEL_PROPAGATORS ?? '').split(',').map((name) => name.trim().toLowerCase());
  if (names.includes('b3')) return 'single';
  return names.includes('b3multi') ? 'multi' : undefined;
}

/** How spans are collected before they are sent. */
export interface SpanQueueSettings {
  /** Spans that may wait; more are dropped and counted. Default 2,048. */
  readonly maxQueued: number;
  /**
   * Spans sent at once, one less than the variable says; default 511. A batch becomes bytes in one go, which takes the event
   * loop about 4 µs per span; but sending costs 1 ms however small it is.
   */
  readonly maxBatch: number;
  /** How long a span waits for company. Default 5 s. */
  readonly delayMs: number;
  /** How long sending may take. Default 30 s. */
  readonly exportTimeoutMs: number;
}

const DEFAULT_BATCH = 512;

/**
 * The `OTEL_BSP_…` variables; what is absent, not a number or not above 0 has its default. A batch stays one below the
 * size at which the SDK, which follows the same variable, would send on its own and unnoticed by us.
 */
export function spanQueueSettings(env: Environment): SpanQueueSettings {
  const number = (name: string, fallback: number): number => {
    const value = Number(env[name]?.trim() || 'none');
    return value > 0 ? Math.ceil(value) : fallback;
  };
  const maxQueued = number('OTEL_BSP_MAX_QUEUE_SIZE', 2048);
  return {
    maxQueued,
    maxBatch: Math.max(1, Math.min(maxQueued, number('OTEL_BSP_MAX_EXPORT_BATCH_SIZE', DEFAULT_BATCH)) - 1),
    delayMs: number('OTEL_BSP_SCHEDULE_DELAY', 5000),
    exportTimeoutMs: number('OTEL_BSP_EXPORT_TIMEOUT', 30_000),
  };
}
