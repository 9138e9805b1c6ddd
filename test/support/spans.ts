import type { ClientSpan } from '../../src/telemetry/client-span.ts';
import type { ServerSpan } from '../../src/telemetry/server-span.ts';

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');

/** A request's span, the first of its trace, told from others by its number. */
export function serverSpan(number: number): ServerSpan {
  return {
    kind: 'server',
    traceId: hex(number, 32),
    spanId: hex(number, 16),
    parentSpanId: undefined,
    parentIsRemote: false,
    traceState: undefined,
    startMs: 1000.25 + number,
    endMs: 1002.5 + number,
    attempts: 1,
    facts: {
      method: 'GET',
      upstream: 'orders',
      path: `/api/${number}`,
      scheme: 'http',
      status: 200,
      errorType: undefined,
      clientAddress: '127.0.0.1',
      protocolVersion: '1.1',
    },
  };
}

/** An attempt's span, told from others by its number. */
export function clientSpan(number: number): ClientSpan {
  return {
    kind: 'client',
    traceId: hex(number, 32),
    spanId: hex(number + 0x1000, 16),
    parentSpanId: hex(number, 16),
    parentIsRemote: false,
    traceState: 'vendor=x',
    startMs: 1001 + number,
    endMs: 1002.125 + number,
    facts: {
      method: 'GET',
      upstream: 'orders',
      endpointId: 'orders-1',
      host: '10.0.0.1',
      port: 8000,
      status: undefined,
      errorType: 'connection_refused',
      resendCount: number % 3,
    },
  };
}
