import { boundedMethod } from './http-method.ts';
import { boundedText, type SpanAttributes, type SpanRecord, verbOf } from './span-record.ts';
import type { TracePlace } from './trace-place.ts';

/** How a request came in and ended, for its server span. */
export interface ServerFacts {
  readonly method: string;
  /** The upstream's name, for the route `/{upstream}/*`; undefined when none was found. */
  readonly upstream: string | undefined;
  /** The path as it came, without its query, which is never recorded. */
  readonly path: string;
  readonly scheme: 'http' | 'https';
  /** Undefined when no answer was sent. */
  readonly status: number | undefined;
  /** Code of the error, when pilotfish ended the request; the status names the error otherwise. */
  readonly errorType: string | undefined;
  readonly clientAddress: string | undefined;
  /** `1.1`, `1.0` or `2`. */
  readonly protocolVersion: string | undefined;
}

/** What a {@link ServerSpan} is made of. */
export interface ServerSpanOptions {
  readonly place: TracePlace;
  readonly spanId: string;
  readonly startMs: number;
  readonly endMs: number;
  /** How many attempts there were. */
  readonly attempts: number;
  /** Kept. */
  readonly facts: ServerFacts;
}

/** A request's span, once it has ended. */
export class ServerSpan implements SpanRecord {
  readonly kind: 'server' = 'server' as const;
  readonly spanId: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly #place: TracePlace;
  readonly #facts: ServerFacts;
  readonly #attempts: number;

  constructor({ place, spanId, startMs, endMs, attempts, facts }: ServerSpanOptions) {
    this.spanId = spanId;
    this.startMs = startMs;
    this.endMs = endMs;
    this.#place = place;
    this.#facts = facts;
    this.#attempts = attempts;
  }

  get traceId(): string {
    return this.#place.traceId;
  }

  get parentSpanId(): string | undefined {
    return this.#place.parentSpanId;
  }

  get parentIsRemote(): boolean {
    return this.#place.parentSpanId !== undefined;
  }

  get traceState(): string | undefined {
    return this.#place.traceState;
  }

  get name(): string {
    const { method, upstream } = this.#facts;
    const verb = verbOf(boundedMethod(method));
    return upstream === undefined ? verb : `${verb} /${upstream}/*`;
  }

  get failed(): boolean {
    return this.#failure !== undefined;
  }

  get attributes(): SpanAttributes {
    const { method, upstream, path, scheme, status, clientAddress, protocolVersion } = this.#facts;
    const attributes: Record<string, string | number> = {
      'http.request.method': boundedMethod(method),
      'url.path': boundedText(path),
      'url.scheme': scheme,
      'pilotfish.attempts': this.#attempts,
    };
    if (upstream !== undefined) {
      attributes['http.route'] = boundedText(`/${upstream}/*`);
      attributes['pilotfish.upstream'] = boundedText(upstream);
    }
    if (status !== undefined) attributes['http.response.status_code'] = status;
    if (clientAddress !== undefined) attributes['client.address'] = boundedText(clientAddress);
    if (protocolVersion !== undefined) attributes['network.protocol.version'] = protocolVersion;
    const failure = this.#failure;
    if (failure !== undefined) attributes['error.type'] = boundedText(failure);
    return attributes;
  }

  get #failure(): string | undefined {
    const { status, errorType } = this.#facts;
    return errorType ?? (status !== undefined && status >= 500 ? String(status) : undefined);
  }
}
