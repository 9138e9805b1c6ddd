import { type B3Form, b3Fields } from './b3.ts';
import { boundedMethod } from './http-method.ts';
import { boundedAttributes, type SpanRecord, type SpanSink } from './span-record.ts';
import { type TraceField, traceparentText } from './trace-context.ts';

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

/** Where an attempt goes. */
export interface AttemptTarget {
  readonly method: string;
  readonly upstream: string;
  readonly endpointId: string;
  readonly host: string;
  readonly port: number;
}

/** How an attempt ended: the upstream's status, or the code of what went wrong. */
export interface AttemptEnd {
  readonly status?: number | undefined;
  readonly errorType?: string | undefined;
}

/** What the traces of a process have in common. */
export interface TraceContextOptions {
  readonly nowMs: () => number;
  readonly nextSpanId: () => string;
  readonly sink: SpanSink;
}

/** Where a sampled request stands in its trace. */
export interface TracePlace {
  readonly traceId: string;
  /** The caller's span; undefined for the first of a trace. */
  readonly parentSpanId: string | undefined;
  readonly traceState: string | undefined;
  /** The trace id's random flag, kept (W3C Trace Context level 2). */
  readonly random: boolean;
  /** B3, when the caller spoke it or it is configured: sent beside `traceparent`. */
  readonly b3: B3Form | undefined;
}

/** The client span of one attempt. */
export class AttemptSpan {
  readonly spanId: string;
  /**
   * The trace fields to send with the attempt. They replace all of those that the caller sent.
   */
  readonly fields: readonly TraceField[];
  readonly #finish: (end: AttemptEnd) => void;
  #ended = false;

  constructor(spanId: string, fields: readonly TraceField[], finish: (end: AttemptEnd) => void) {
    this.spanId = spanId;
    this.fields = fields;
    this.#finish = finish;
  }

  /** Ends the span now. Later calls do nothing. */
  end(end: AttemptEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#finish(end);
  }
}

/** One sampled request: a server span, and a client span for each attempt. */
export class SampledTrace {
  readonly sampled: true = true as const;
  readonly traceId: string;
  /** The server span's id. */
  readonly spanId: string;
  readonly #place: TracePlace;
  readonly #options: TraceContextOptions;
  readonly #startMs: number;
  readonly #attempts: AttemptSpan[] = [];
  #ended = false;

  constructor(place: TracePlace, options: TraceContextOptions) {
    this.traceId = place.traceId;
    this.spanId = options.nextSpanId();
    this.#place = place;
    this.#options = options;
    this.#startMs = options.nowMs();
  }

  /** Starts the client span of the next attempt; the second and later ones carry `http.request.resend_count`. */
  startAttempt(target: AttemptTarget): AttemptSpan {
    const { nextSpanId, nowMs, sink } = this.#options;
    const spanId = nextSpanId();
    const startMs = nowMs();
    const resendCount = this.#attempts.length;
    const span = new AttemptSpan(spanId, this.#fields(spanId), ({ status, errorType }) => {
      const failure = errorType ?? (status !== undefined && status >= 400 ? String(status) : undefined);
      const method = boundedMethod(target.method);
      sink({
        ...this.#common(spanId, this.spanId, startMs),
        parentIsRemote: false,
        kind: 'client',
        name: method === '_OTHER' ? 'HTTP' : method,
        attributes: boundedAttributes({
          'http.request.method': method,
          'server.address': target.host,
          'server.port': target.port,
          'http.request.resend_count': resendCount === 0 ? undefined : resendCount,
          'http.response.status_code': status,
          'error.type': failure,
          'pilotfish.upstream': target.upstream,
          'pilotfish.endpoint.id': target.endpointId,
        }),
        failed: failure !== undefined,
      });
    });
    this.#attempts.push(span);
    return span;
  }

  /** Ends the server span, and attempts that nobody ended (`error.type` `abandoned`). Later calls do nothing. */
  end(facts: ServerFacts): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const attempt of this.#attempts) attempt.end({ errorType: 'abandoned' });
    const { status, upstream } = facts;
    const failure = facts.errorType ?? (status !== undefined && status >= 500 ? String(status) : undefined);
    const method = boundedMethod(facts.method);
    const route = upstream === undefined ? undefined : `/${upstream}/*`;
    const verb = method === '_OTHER' ? 'HTTP' : method;
    this.#options.sink({
      ...this.#common(this.spanId, this.#place.parentSpanId, this.#startMs),
      parentIsRemote: this.#place.parentSpanId !== undefined,
      kind: 'server',
      name: route === undefined ? verb : `${verb} ${route}`,
      attributes: boundedAttributes({
        'http.request.method': method,
        'http.route': route,
        'url.path': facts.path,
        'url.scheme': facts.scheme,
        'http.response.status_code': status,
        'error.type': failure,
        'client.address': facts.clientAddress,
        'network.protocol.version': facts.protocolVersion,
        'pilotfish.upstream': upstream,
        'pilotfish.attempts': this.#attempts.length,
      }),
      failed: failure !== undefined,
    });
  }

  #common(
    spanId: string,
    parentSpanId: string | undefined,
    startMs: number,
  ): Pick<SpanRecord, 'traceId' | 'spanId' | 'parentSpanId' | 'traceState' | 'startMs' | 'endMs'> {
    const { traceState } = this.#place;
    const endMs = Math.max(startMs, this.#options.nowMs());
    return { traceId: this.traceId, spanId, parentSpanId, traceState, startMs, endMs };
  }

  #fields(spanId: string): readonly TraceField[] {
    const { traceId, traceState, random, b3 } = this.#place;
    const context = { traceId, spanId, sampled: true, random };
    const fields: TraceField[] = [['traceparent', traceparentText(context)]];
    if (traceState !== undefined) fields.push(['tracestate', traceState]);
    if (b3 !== undefined) fields.push(...b3Fields(b3, context, this.spanId));
    return fields;
  }
}
