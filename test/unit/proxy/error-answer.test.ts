import { describe, expect, test } from 'vitest';
import { ResponseHead } from '../../../src/http1/response-head.ts';
import { errorResponse, keepsConnection, type ProxyErrorCode, statusOf } from '../../../src/proxy/proxy-error.ts';

/** The table of the contract, and what it leaves to us. */
const table: readonly (readonly [ProxyErrorCode, number, string])[] = [
  ['malformed', 400, 'http_request_error'],
  ['message_truncated', 400, 'http_request_error'],
  ['body_too_large', 413, 'http_request_error'],
  ['target_too_long', 414, 'http_request_error'],
  ['head_too_large', 431, 'http_request_error'],
  ['head_timeout', 408, 'http_request_error'],
  ['body_timeout', 408, 'http_request_error'],
  ['bad_service_name', 400, 'http_request_error'],
  ['method_not_allowed', 405, 'http_request_error'],
  ['request_denied', 403, 'http_request_denied'],
  ['service_not_found', 404, 'destination_not_found'],
  ['no_instance', 503, 'destination_unavailable'],
  ['limit_reached', 503, 'connection_limit_reached'],
  ['no_sockets', 503, 'connection_limit_reached'],
  ['too_many_connections', 503, 'connection_limit_reached'],
  ['connect_failed', 502, 'connection_refused'],
  ['closed_before_answer', 502, 'connection_terminated'],
  ['answer_cut_short', 502, 'connection_terminated'],
  ['connect_timeout', 504, 'connection_timeout'],
  ['answer_timeout', 504, 'http_response_timeout'],
  ['total_timeout', 504, 'http_response_timeout'],
  ['answer_malformed', 502, 'http_protocol_error'],
  ['answer_truncated', 502, 'http_response_incomplete'],
  ['proxy_loop', 502, 'proxy_loop_detected'],
  ['address_refused', 502, 'destination_ip_prohibited'],
  ['name_unresolved', 502, 'dns_error'],
  ['certificate_refused', 502, 'tls_certificate_error'],
  ['tls_failed', 502, 'tls_protocol_error'],
  ['proxy_failed', 500, 'proxy_internal_error'],
];

describe('an answer of our own', () => {
  test.each(table)('for %s has status %i and error=%s', (code, status, proxyStatus) => {
    expect(statusOf(code)).toBe(status);
    const answer = errorResponse({ code, reason: 'it ‘failed’', isHead: false, closes: true, nowMs: 0 });
    const bytes = Buffer.from(answer, 'latin1');
    const head = new ResponseHead({ headBytes: 4096, fields: 32, targetBytes: 1 });
    const end = head.parse(bytes, 0, bytes.length);
    expect([head.status, head.framing, head.keepAlive]).toEqual([status, 'length', false]);
    expect(answer).toContain(`\r\nProxy-Status: pilotfish; error=${proxyStatus}\r\n`);
    expect(answer).toContain('\r\nContent-Type: application/problem+json\r\n');
    const content = bytes.subarray(end);
    expect(content).toHaveLength(head.contentLength);
    expect(JSON.parse(content.toString())).toMatchObject({ type: 'about:blank', status, code, detail: 'it ‘failed’' });
  });

  test('to a HEAD has the length and no content', () => {
    const options = { code: 'no_instance', reason: 'x', closes: false, nowMs: 0 } as const;
    const toGet = errorResponse({ ...options, isHead: false });
    expect(errorResponse({ ...options, isHead: true })).toBe(toGet.slice(0, toGet.indexOf('\r\n\r\n') + 4));
    expect(toGet).toContain('\r\nRetry-After: 1\r\n');
    expect(toGet).not.toContain('Connection:');
  });

  test('ends the connection where what follows cannot be trusted', () => {
    const keeps = table.filter(([code]) => keepsConnection(code)).map(([code]) => code);
    expect(keeps).not.toContain('malformed');
    expect(keeps).not.toContain('method_not_allowed');
    expect(keeps).toEqual(expect.arrayContaining(['service_not_found', 'no_instance', 'connect_failed']));
  });
});
