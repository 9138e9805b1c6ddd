import { boundedMethod } from './http-method.ts';
import { boundedText, type SpanFrame, type SpanSummary, verbOf } from './span-frame.ts';

/** How a request came in and ended. */
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

/** The span of a request that has ended. */
export interface ServerSpan extends SpanFrame {
  readonly kind: 'server';
  /** How many attempts there were. */
  readonly attempts: number;
  readonly facts: ServerFacts;
}

/** What a request's span says. */
export function serverSummary(facts: ServerFacts, attempts: number): SpanSummary {
  const { upstream, path, scheme, status, clientAddress, protocolVersion } = facts;
  const method = boundedMethod(facts.method);
  const attributes: Record<string, string | number> = {
    'http.request.method': method,
    'url.path': boundedText(path),
    'url.scheme': scheme,
    'pilotfish.attempts': attempts,
  };
  if (upstream !== undefined) {
    attributes['http.route'] = boundedText(`/${upstream}/*`);
    attributes['pilotfish.upstream'] = boundedText(upstream);
  }
  if (status !== undefined) attributes['http.response.status_code'] = status;
  if (clientAddress !== undefined) attributes['client.address'] = boundedText(clientAddress);
  if (protocolVersion !== undefined) attributes['network.protocol.version'] = protocolVersion;
  const failure = facts.errorType ?? (status !== undefined && status >= 500 ? String(status) : undefined);
  if (failure !== undefined) attributes['error.type'] = boundedText(failure);
  const verb = verbOf(method);
  return {
    name: upstream === undefined ? verb : `${verb} /${upstream}/*`,
    attributes,
    failed: failure !== undefined,
  };
}
