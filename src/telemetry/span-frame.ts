/** Where a span stands in its trace, and when it was. */
export interface SpanFrame {
  /** 32 lower-case hex digits. */
  readonly traceId: string;
  /** 16 lower-case hex digits. */
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  /** Whether the parent is in another process. */
  readonly parentIsRemote: boolean;
  readonly traceState: string | undefined;
  /** Milliseconds since the Unix epoch, fractional. */
  readonly startMs: number;
  readonly endMs: number;
}

/** What a span says about itself, by OpenTelemetry attribute name. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

/** What a span says about itself; put together when somebody reads it. */
export interface SpanSummary {
  readonly name: string;
  readonly attributes: SpanAttributes;
  /** Span status ERROR; otherwise it is left unset, as the HTTP conventions ask. */
  readonly failed: boolean;
}

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
