/** What a span says about itself, by OpenTelemetry attribute name. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

/** A finished span, as a plain object: made only for sampled requests, handed to a {@link SpanSink}. */
export interface SpanRecord {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  /** Whether the parent is in another process. */
  readonly parentIsRemote: boolean;
  readonly traceState: string | undefined;
  readonly kind: 'server' | 'client';
  readonly name: string;
  /** Milliseconds since the Unix epoch, fractional. */
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: SpanAttributes;
  /** Span status ERROR; otherwise it is left unset, as the HTTP conventions ask. */
  readonly failed: boolean;
}

/** Takes finished spans: the OTLP queue, the `/events` stream, a test. Must return quickly and never throw. */
export type SpanSink = (span: SpanRecord) => void;

/** Longer attribute texts are cut: a path is the caller's. */
const MAX_TEXT = 1024;

/** `attributes` without the undefined ones and with texts cut to 1,024 characters. */
export function boundedAttributes(
  attributes: Readonly<Record<string, string | number | boolean | undefined>>,
): SpanAttributes {
  const kept: Record<string, string | number | boolean> = {};
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined) continue;
    kept[name] = typeof value === 'string' && value.length > MAX_TEXT ? value.slice(0, MAX_TEXT) : value;
  }
  return kept;
}
