import { boundedMethod } from './http-method.ts';
import { boundedText, type SpanFrame, type SpanSummary, verbOf } from './span-frame.ts';

/** Where an attempt goes. */
export interface AttemptTarget {
  readonly method: string;
  /** The upstream's name. */
  readonly upstream: string;
  readonly endpointId: string;
  readonly host: string;
  readonly port: number;
}

/** Where an attempt went and how it ended. */
export interface ClientFacts extends AttemptTarget {
  /** Undefined when no answer came. */
  readonly status: number | undefined;
  /** Code of what went wrong, or the status that says so; undefined when nothing did. */
  readonly errorType: string | undefined;
  /** Which retry it is; 0 = the first attempt. */
  readonly resendCount: number;
}

/** The span of an attempt that has ended. */
export interface ClientSpan extends SpanFrame {
  readonly kind: 'client';
  readonly facts: ClientFacts;
}

/** What an attempt's span says. */
export function clientSummary(facts: ClientFacts): SpanSummary {
  const { upstream, endpointId, host, port, status, errorType, resendCount } = facts;
  const method = boundedMethod(facts.method);
  const attributes: Record<string, string | number> = {
    'http.request.method': method,
    'server.address': boundedText(host),
    'server.port': port,
    'pilotfish.upstream': boundedText(upstream),
    'pilotfish.endpoint.id': boundedText(endpointId),
  };
  if (status !== undefined) attributes['http.response.status_code'] = status;
  if (errorType !== undefined) attributes['error.type'] = boundedText(errorType);
  if (resendCount > 0) attributes['http.request.resend_count'] = resendCount;
  return { name: verbOf(method), attributes, failed: errorType !== undefined };
}
