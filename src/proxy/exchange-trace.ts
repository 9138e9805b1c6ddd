import { Field } from '../http1/field.ts';
import type { RequestHead } from '../http1/request-head.ts';
import type { AttemptSpan } from '../telemetry/attempt-span.ts';
import type { B3Fields } from '../telemetry/b3.ts';
import type { SampledTrace } from '../telemetry/sampled-trace.ts';
import { traceLines } from '../telemetry/trace-context.ts';
import type { TraceDecider } from '../telemetry/trace-decision.ts';
import type { ExchangeAttemptRecord, ExchangeRecord } from './exchange-record.ts';

/** The trace of a connection's present request, if it is one of the few that are sampled. */
export class ExchangeTrace {
  /** The trace fields that came are not sent on: others replace them. */
  replaces = false;
  readonly #decider: TraceDecider | undefined;
  #trace: SampledTrace | undefined = undefined;
  #span: AttemptSpan | undefined = undefined;

  constructor(decider: TraceDecider | undefined) {
    this.#decider = decider;
  }

  /**
   * Decides on a request, going by what its caller said. Returns what is sent in place of its trace fields with every
   * attempt, as lines; nothing where they stay, or where each attempt has fields of its own.
   */
  decide(request: RequestHead): string {
    this.#trace = undefined;
    this.#span = undefined;
    this.replaces = false;
    if (this.#decider === undefined) return '';
    const decision = request.isTraced
      ? this.#decider.decide(
          fieldText(request, Field.TRACEPARENT),
          fieldText(request, Field.TRACESTATE),
          fieldText(request, Field.B3),
          b3Fields(request),
        )
      : this.#decider.decide(undefined, undefined);
    if (decision === undefined) return '';
    this.replaces = true;
    if (typeof decision === 'string') return decision;
    this.#trace = decision;
    return '';
  }

  /** An attempt begins; returns the lines to send with it alone. */
  startAttempt({ method, upstream, endpoint }: ExchangeRecord): string {
    if (this.#trace === undefined || upstream === undefined || endpoint === undefined) return '';
    const { id: endpointId, host, port } = endpoint;
    this.#span = this.#trace.startAttempt({ method, upstream: upstream.key, endpointId, host, port });
    return traceLines(this.#span.fields);
  }

  endAttempt({ status, error }: ExchangeAttemptRecord): void {
    this.#span?.end({ status: status === 0 ? undefined : status, errorType: error });
  }

  get isSampled(): boolean {
    return this.#trace !== undefined;
  }

  /** Of a sampled request; undefined for any other. */
  get traceId(): string | undefined {
    return this.#trace?.traceId;
  }

  /** The server span of a sampled request. */
  get spanId(): string | undefined {
    return this.#trace?.spanId;
  }

  /** The client span of the present attempt of a sampled request. */
  get attemptSpanId(): string | undefined {
    return this.#span?.spanId;
  }

  /** The request has ended. */
  end(record: ExchangeRecord, scheme: 'http' | 'https'): void {
    if (this.#trace === undefined) return;
    this.#trace.end({
      method: record.method,
      upstream: record.upstream?.key,
      path: record.path,
      scheme,
      status: record.status === 0 ? undefined : record.status,
      errorType: record.error,
      clientAddress: record.remoteAddress === '' ? undefined : record.remoteAddress,
      protocolVersion: record.isHttp2 ? '2' : `1.${record.minorVersion}`,
    });
    this.#trace = undefined;
  }
}

/** The values of all fields with this id, joined; undefined when there is none. */
function fieldText({ fields, bytes }: RequestHead, id: number): string | undefined {
  let text: string | undefined;
  for (let index = 0; index < fields.count; index++) {
    if (fields.ids[index] !== id) continue;
    const value = fields.value(bytes, index);
    text = text === undefined ? value : `${text},${value}`;
  }
  return text;
}

function b3Fields({ fields, bytes }: RequestHead): B3Fields | undefined {
  const found = new Map<string, string>();
  for (let index = 0; index < fields.count; index++) {
    if (fields.ids[index] === Field.X_B3) found.set(fields.name(bytes, index), fields.value(bytes, index));
  }
  if (found.size === 0) return undefined;
  return {
    traceId: found.get('x-b3-traceid'),
    spanId: found.get('x-b3-spanid'),
    sampled: found.get('x-b3-sampled'),
    flags: found.get('x-b3-flags'),
  };
}
