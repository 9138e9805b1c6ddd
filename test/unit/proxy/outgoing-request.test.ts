import { expect, test } from 'vitest';
import { dropTable } from '../../../src/http1/field.ts';
import { RequestHead } from '../../../src/http1/request-head.ts';
import { OutgoingRequest } from '../../../src/proxy/outgoing-request.ts';
import type { Route } from '../../../src/proxy/route.ts';

test('keeps its head for every attempt, and nothing of it when the request has ended', () => {
  const request = new RequestHead({ headBytes: 4096, fields: 16, targetBytes: 64 });
  const bytes = Buffer.from('GET /svc/a HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n', 'latin1');
  request.parse(bytes, 0, bytes.length);
  const out = new OutgoingRequest();
  const route: Pick<Route, 'form' | 'rest' | 'host'> = { form: 'host', rest: '/a', host: 'svc' };
  out.start(request, route as Route, dropTable([]), 'traceparent: 00-1-2-00\r\n');
  const head = 'GET /a HTTP/1.1\r\nHost: svc\r\nhost: localhost\r\naccept: */*\r\ntraceparent: 00-1-2-00\r\n';
  expect(out.head('', 'b3: 0\r\n').toLowerCase()).toBe(`${head.toLowerCase()}b3: 0\r\n\r\n`);
  expect(out.head('', '').toLowerCase()).toBe(`${head.toLowerCase()}\r\n`);
  out.end();
  out.detach();
  expect(out.head('', '')).not.toMatch(/traceparent|\/a|accept/i);
});
