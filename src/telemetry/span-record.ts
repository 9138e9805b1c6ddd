/** What a span says about itself, by OpenTelemetry attribute name. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

/**
 * A finished span: made only for sampled requests, handed to a {@link SpanSink}. It may wait there for seconds, so it is
 * small: a name and attributes are put together when somebody reads them, once.
 */
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
  /** A new object with every reading. */
  readonly attributes: SpanAttributes;
  /** Span status ERROR; otherwise it is left unset, as the HTTP conventions ask. */
  readonly failed: boolean;
}

/** Takes finished spans: the OTLP queue, the `/events` stream, a test. Must return quickly and never throw. */
export type SpanSink = (span: SpanRecord) => void;

/** Longer attribute texts are cut, to so many characters: a path is the caller's. */
export const MAX_ATTRIBUTE_TEXT = 1024;

/** `text` as an attribute may have it. */
export function boundedText(text: string): string {
  return text.length > MAX_ATTRIBUTE_TEXT ? text.slice(0, MAX_ATTRIBUTE_TEXT) : text;
}

/** The method as a span's name begins with it. Source: OpenTelemetry HTTP conventions, span names. */
export function verbOf(boundedMethod: string): string {
  return boundedMethod === '_OTHER' ? 'HTTP' : boundedMethod;
}
