import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createSecureServer, type Http2SecureServer, type ServerHttp2Stream } from 'node:http2';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { ask, h2Client } from '../../support/h2-client.ts';
import { startH2Origin } from '../../support/h2-origin.ts';
import { RawClient } from '../../support/raw-client.ts';
import { RecordingOrigin } from '../../support/recording-origin.ts';
import { startTestProxy } from '../../support/test-proxy.ts';

const pem = (name: string) => readFileSync(new URL(`../../support/consul-tls/${name}.pem`, import.meta.url), 'utf8');
const ca = pem('ca');
const tls = { cert: pem('server'), key: pem('server-key'), clientCa: undefined };

it('a listener with TLS offers h2 by ALPN, and HTTP/1.1 to those who want that', async () => {
  await using h2 = await startH2Origin((stream, headers) => {
    stream.respond({ ':status': 200 });
    stream.end(`${headers['x-forwarded-proto']} ${headers['via']}`);
  });
  await using h1 = await RecordingOrigin.start();
  await using proxy = await startTestProxy({
    upstreams: { orders: [h2.address], old: [h1.address] },
    upstreamSettings: { orders: { protocol: 'http2' } },
  });
  const bound = await proxy.proxy.listen({ host: '127.0.0.1', port: 0 }, { tls });
  const port = 'port' in bound ? bound.port : 0;
  const session = connect(`https://127.0.0.1:${port}`, { ca });
  expect((await ask(session, { ':path': '/orders/' })).body.toString()).toBe('https 2.0 pilotfish-test');
  expect((await ask(session, { ':path': '/old/', ':method': 'POST' }, Buffer.from('x'))).status).toBe(200);
  expect(session.alpnProtocol).toBe('h2');
  session.destroy();
  const asked = request({ host: '127.0.0.1', port, path: '/orders/', ca, agent: false }).end();
  const [answer] = await once(asked, 'response');
  expect([answer.statusCode, answer.httpVersion]).toEqual([200, '1.1']);
  answer.resume();
  await once(answer, 'end');
});

it('instances are reached over TLS by h2, their certificate checked', async () => {
  const server: Http2SecureServer = createSecureServer({ cert: tls.cert, key: tls.key });
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    stream.respond({ ':status': 200 });
    stream.end(String(headers[':scheme']));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const upstreamTls = { ca, cert: undefined, key: undefined, serverName: 'server.dc1.consul' };
  await using proxy = await startTestProxy({
    upstreams: { orders: [address], other: [address] },
    upstreamSettings: {
      orders: { protocol: 'http2', tls: upstreamTls },
      other: { protocol: 'http2', tls: { ...upstreamTls, serverName: 'victim.example' } },
    },
  });
  using client = h2Client(proxy.port);
  const answer = await ask(client, { ':path': '/orders/' });
  expect([answer.status, answer.body.toString()]).toEqual([200, 'https']);
  const refused = await ask(client, { ':path': '/other/' });
  expect(refused.status).toBe(502);
  expect(refused.headers.get('proxy-status')).toContain('tls_certificate_error');
  server.close();
});

it.each([
  ['nothing', ''],
  ['half a handshake', '\x16\x03\x01\x02\x00\x01\x00'],
])('a caller that sends %s is let go after the time for a head', async (_what, bytes) => {
  await using proxy = await startTestProxy({ upstreams: {}, settings: { limits: { headMs: 100 } } });
  const bound = await proxy.proxy.listen({ host: '127.0.0.1', port: 0 }, { tls });
  await using client = await RawClient.connect({ port: 'port' in bound ? bound.port : 0 });
  await client.write(bytes);
  await client.whenClosed();
  expect(client.unread.length).toBe(0);
});
