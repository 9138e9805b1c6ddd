import { describe, expect, it } from 'vitest';
import { grpcMessage, grpcStatusOf, httpStatusOf, isGrpc } from '../../../src/proxy/grpc-status.ts';
import { grpcTimeoutText, parseGrpcTimeout } from '../../../src/proxy/grpc-timeout.ts';
import { h2Answer } from '../../../src/proxy/h2-answer.ts';

describe('grpc-timeout', () => {
  it.each([
    ['1H', 3_600_000],
    ['2M', 120_000],
    ['3S', 3000],
    ['99999999m', 99_999_999],
    ['500u', 0.5],
    ['0n', 0],
  ])('%s is %d ms', (text, ms) => expect(parseGrpcTimeout(text)).toBe(ms));

  it.each([undefined, '', 'S', '5', '-1S', '1.5S', '123456789m', '1s', ' 1S', '1S,2S'])('%s is none', (text) =>
    expect(parseGrpcTimeout(text)).toBeUndefined(),
  );

  it.each([
    [1500.9, '1500m'],
    [0.4, '0m'],
    [-5, '0m'],
    [200_000_000, '200000S'],
    [1e15, '99999999S'],
  ])('%d ms left are sent as %s, never as more', (ms, text) => expect(grpcTimeoutText(ms)).toBe(text));
});

describe('a status of gRPC', () => {
  it.each([
    ['0', 200],
    ['1', 499],
    ['2', 500],
    ['3', 400],
    ['4', 504],
    ['5', 404],
    ['8', 429],
    ['12', 501],
    ['13', 500],
    ['14', 503],
    ['16', 401],
    ['17', 500],
    ['x', 500],
    [undefined, 500],
  ])('%s says of the endpoint what %d would', (status, http) => expect(httpStatusOf(status)).toBe(http));

  it.each([
    ['no_instance', 14],
    ['connect_failed', 14],
    ['stream_refused', 14],
    ['connect_timeout', 4],
    ['total_timeout', 4],
    ['service_not_found', 12],
    ['bad_service_name', 12],
    ['limit_reached', 8],
    ['request_denied', 7],
    ['malformed', 3],
    ['answer_malformed', 13],
  ] as const)('for %s is %d', (code, status) => expect(grpcStatusOf(code)).toBe(status));
});

it.each([
  ['application/grpc', true],
  ['application/grpc+proto', true],
  ['Application/gRPC;charset=x', true],
  ['application/grpc-web', false],
  ['application/json', false],
  [undefined, false],
])('content type %s is a call of gRPC: %s', (type, is) => expect(isGrpc(type)).toBe(is));

it('a message is percent-encoded where it is not visible ASCII', () => {
  expect(grpcMessage('100 % ☂\r\n')).toBe('100 %25 %E2%98%82%0D%0A');
});

describe('an answer of our own', () => {
  const error = { code: 'no_instance', reason: 'no instance of orders', isHead: false, nowMs: 0 } as const;

  it('is problem+json over HTTP/2', () => {
    const { headers, content } = h2Answer({ ...error, isGrpc: false });
    expect(headers).toMatchObject({
      ':status': 503,
      'content-type': 'application/problem+json',
      'content-length': String(content.length),
      'proxy-status': 'pilotfish; error=destination_unavailable',
      'retry-after': '1',
    });
    expect(JSON.parse(content)).toMatchObject({ status: 503, code: 'no_instance', detail: 'no instance of orders' });
  });

  it('is trailers alone for a call of gRPC', () => {
    const { headers, content } = h2Answer({ ...error, isGrpc: true });
    expect(headers).toEqual({
      ':status': 200,
      'content-type': 'application/grpc',
      'grpc-status': '14',
      'grpc-message': 'no instance of orders',
      'proxy-status': 'pilotfish; error=destination_unavailable',
    });
    expect(content).toBe('');
  });
});
