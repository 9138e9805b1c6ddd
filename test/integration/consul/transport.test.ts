import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { parseConsulAddress } from '../../../src/consul/consul-address.ts';
import { ConsulClient, type ConsulClientOptions } from '../../../src/consul/consul-client.ts';
import { ConsulError } from '../../../src/consul/consul-error.ts';
import { HttpTransport } from '../../../src/consul/transport.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { RawAgent, type RawAgentOptions } from '../../support/consul-raw-agent.ts';

const pem = (name: string) => readFileSync(new URL(`../../support/consul-tls/${name}.pem`, import.meta.url), 'utf8');

const opened: AsyncDisposable[] = [];

afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each[Symbol.asyncDispose]();
});

async function serve(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  options: RawAgentOptions & { client?: ConsulClientOptions } = {},
): Promise<{ agent: RawAgent; client: ConsulClient }> {
  const agent = await RawAgent.start(answer, options);
  const client = new ConsulClient({ address: agent.address, ...options.client });
  opened.push(agent, client);
  return { agent, client };
}

async function errorOf(act: Promise<unknown>): Promise<ConsulError> {
  const error = await act.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ConsulError)) throw new Error(`no ConsulError: ${error}`);
  return error;
}

const leader = (_request: IncomingMessage, response: ServerResponse) => void response.end('"10.0.0.1:8300"');

describe('the transport', () => {
  it('speaks over a unix socket, with localhost as Host', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'pilotfish-sock-'));
    opened.push({ [Symbol.asyncDispose]: async () => rmSync(dir, { recursive: true }) });
    const { agent, client } = await serve(leader, { socketPath: join(dir, 'consul.sock') });
    expect(await client.status.leader()).toBe('10.0.0.1:8300');
    expect(agent.requests[0]?.headers.host).toBe('localhost');
  });

  it('gets answers of any size and pieces whole, one after the other over one connection', async () => {
    const value = (bytes: number) => Buffer.from(Array.from({ length: bytes }, (_, at) => (at * 31 + bytes) % 251));
    const { agent, client } = await serve(async (request, response) => {
      const [, bytes = '0', pieces = '1'] = /any-(\d+)-(\d+)/.exec(request.url ?? '') ?? [];
      const body = value(Number(bytes));
      if (pieces === '1') response.setHeader('content-length', body.length);
      for (let piece = 0; piece < Number(pieces); piece++) {
        const [from, to] = [piece, piece + 1].map((at) => Math.floor((at * body.length) / Number(pieces)));
        response.write(body.subarray(from, to));
        await new Promise((resolve) => setImmediate(resolve));
      }
      response.end();
    });
    for (const [bytes, pieces] of [
      [300_000, 1],
      [300_000, 40],
      [5, 2],
      [65_536, 3],
      [200_000, 1],
    ] as const) {
      const { value: got } = await client.kv.raw(`any-${bytes}-${pieces}`);
      expect(got?.equals(value(bytes))).toBe(true);
    }
    expect(await agent.connections()).toBe(1);
  });

  it('never follows a redirect', async () => {
    const { agent, client } = await serve((_request, response) => {
      response.writeHead(301, { location: '/v1/kv/elsewhere' }).end();
    });
    const error = await errorOf(client.kv.get('here'));
    expect([error.kind, error.status]).toEqual(['BadAnswer', 301]);
    expect(agent.requests).toHaveLength(1);
  });

  it('refuses an answer over its limit, and drops the connection', async () => {
    const { client } = await serve((_request, response) => response.end(`"${'x'.repeat(100_000)}"`), {
      client: { maxAnswerBytes: 50_000 },
    });
    const error = await errorOf(client.status.leader());
    expect(error.kind).toBe('BadAnswer');
    expect(error.message).toContain('over 50000 bytes (maxAnswerBytes)');
  });

  it('takes an answer that breaks off for none', async () => {
    const { client } = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': 100, 'x-consul-index': 7 });
      response.write('[{"Node":');
      setImmediate(() => response.destroy());
    });
    expect((await errorOf(client.health.service('web'))).kind).toBe('Unreachable');
  });

  it('takes what is not HTTP for a bad answer', async () => {
    const { client } = await serve((request) => void request.socket.end('SSH-2.0-OpenSSH_9\r\n\r\n'));
    const error = await errorOf(client.status.leader());
    expect(error.kind).toBe('BadAnswer');
  });

  it('says where nobody listens', async () => {
    const { agent } = await serve(leader);
    const { address } = agent;
    await opened.splice(0)[0]?.[Symbol.asyncDispose]();
    const client = new ConsulClient({ address });
    opened.push(client);
    const error = await errorOf(client.status.leader());
    expect(error.kind).toBe('Unreachable');
    expect(error.message).toMatch(/GET \/v1\/status\/leader: cannot reach http:\/\/127.0.0.1:\d+: .*ECONNREFUSED/);
  });

  it('says which socket or host there is not', async () => {
    for (const address of ['unix:///nowhere/consul.sock', 'http://no-such-host.invalid:8500']) {
      const client = new ConsulClient({ address });
      opened.push(client);
      const error = await errorOf(client.status.leader());
      expect(error.kind).toBe('Unreachable');
      expect(error.message).toContain(`cannot reach ${address}`);
    }
  });

  it('gives up after the call’s time, also in the middle of an answer', async () => {
    const { client } = await serve((request, response) => {
      if (request.url === '/v1/status/peers') response.write('["a"');
    });
    const error = await errorOf(client.status.leader({ timeoutMs: 100 }));
    expect([error.kind, error.retryable]).toEqual(['TimedOut', true]);
    expect(error.message).toContain('no whole answer within 100 ms');
    expect((await errorOf(client.status.peers({ timeoutMs: 100 }))).kind).toBe('TimedOut');
  });

  it('ends a call at once when it is aborted, with the signal’s reason, and drops the connection', async () => {
    const { agent, client } = await serve(() => {});
    const abort = new AbortController();
    const call = client.kv.get('a', { index: 5, signal: abort.signal }).catch((error: unknown) => error);
    await expect.poll(() => agent.requests.length).toBe(1);
    const reason = new Error('enough');
    abort.abort(reason);
    expect(await call).toBe(reason);
    await expect.poll(() => agent.connections()).toBe(0);
    await expect(client.kv.get('a', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(agent.requests).toHaveLength(1);
  });

  it('answers calls and heartbeats while every call of another kind hangs', async () => {
    const { client } = await serve((request, response) => {
      const hangs = request.url?.includes('index=') || request.url?.includes('/agent/self');
      if (!hangs) response.end('"fine"');
    });
    const abort = new AbortController();
    const hanging = [
      ...Array.from({ length: 100 }, () => client.kv.get('a', { index: 5, signal: abort.signal })),
      ...Array.from({ length: 16 }, () => client.agent.self({ signal: abort.signal })),
    ].map((call) => call.catch(() => {}));
    await client.agent.checks.pass('heartbeat', { timeoutMs: 5_000 });
    abort.abort();
    await Promise.all(hanging);
    expect(await client.status.leader()).toBe('fine');
  });

  it('keeps its connections for the next call', async () => {
    const { agent, client } = await serve(leader);
    for (let n = 0; n < 10; n++) await client.status.leader();
    // A second one may be opened while the first is being put back.
    expect(new Set(agent.requests.map((request) => request.socket.remotePort)).size).toBeLessThanOrEqual(2);
  });

  it('counts the connections that the agent ended, not those that it ended itself', async () => {
    const agent = await RawAgent.start((request, response) => {
      if (request.url !== '/v1/hangs') response.end('"fine"');
    });
    const transport = new HttpTransport({
      address: parseConsulAddress(agent.address),
      tls: undefined,
      clock: systemClock,
      maxAnswerBytes: 1_000,
      pollConnections: 4,
    });
    opened.push(agent, { [Symbol.asyncDispose]: () => transport.close() });
    const send = (path: string, signal?: AbortSignal) =>
      transport.send({
        method: 'GET',
        path,
        query: '',
        headers: {},
        body: undefined,
        lane: 'poll',
        timeoutMs: 5_000,
        signal,
      });
    const abort = new AbortController();
    const aborted = send('/v1/hangs', abort.signal).catch((error: unknown) => error);
    await expect.poll(() => agent.requests.length).toBe(1);
    abort.abort();
    await aborted;
    await send('/v1/fine');
    await expect.poll(() => agent.connections()).toBe(1);
    expect(transport.losses).toBe(0);
    agent.dropConnections();
    await expect.poll(() => transport.losses).toBe(1);
  });

  it('ends everything under way when the client is closed, watches without an error', async () => {
    const { client } = await serve((request, response) => {
      if (request.url?.includes('index=')) return;
      response.writeHead(200, { 'x-consul-index': 3 }).end('[]');
    });
    const watched = (async () => {
      let seen = 0;
      for await (const _ of client.health.watchService('web')) seen += 1;
      return seen;
    })();
    const poll = client.kv.get('a', { index: 5 }).catch((error: unknown) => error);
    await client.health.service('web');
    await client.close();
    expect(await watched).toBeLessThanOrEqual(1);
    expect(await poll).toBeInstanceOf(ConsulError);
    expect((await errorOf(client.status.leader())).message).toContain('the client is closed');
  });

  it('keeps a watch on its last value through answers that are none, and starts over', async () => {
    const bad = [
      (response: ServerResponse) => response.end('[{"Node": {'),
      (response: ServerResponse) => response.end('{"Node": 5}'),
      (response: ServerResponse) => response.writeHead(500).end('No cluster leader'),
      (response: ServerResponse) => response.destroy(),
    ];
    const { agent, client } = await serve(
      (request, response) => {
        const fault = request.url?.includes('index=') ? bad.shift() : undefined;
        response.setHeader('x-consul-index', 9);
        if (fault !== undefined) fault(response);
        else if (!request.url?.includes('index=')) response.end('[]');
      },
      { client: { random: () => 0.99 } },
    );
    const abort = new AbortController();
    const failures: string[] = [];
    let yielded = 0;
    const failed = (error: ConsulError) => void failures.push(error.kind);
    for await (const _ of (async function* () {
      const watch = client.health.watchService('web', { signal: abort.signal, observer: { failed } });
      void expect
        .poll(() => failures.length, { timeout: 10_000 })
        .toBe(4)
        .finally(() => abort.abort());
      yield* watch;
    })()) {
      yielded += 1;
    }
    expect(yielded).toBe(1);
    expect(failures).toEqual(['BadAnswer', 'BadAnswer', 'NoLeader', 'Unreachable']);
    const blocking = agent.requests.map((request) => request.url?.includes('index='));
    expect(blocking.slice(0, 8)).toEqual([false, true, false, true, false, true, false, true]);
  });
});

describe('the transport over TLS', () => {
  const tls = { cert: pem('server'), key: pem('server-key') };
  const mutual = { ...tls, ca: pem('ca'), requestCert: true, rejectUnauthorized: true };

  it('trusts the authority it was given, and no other', async () => {
    const { agent, client } = await serve(leader, { tls, client: { tls: { ca: [pem('ca')] } } });
    expect(await client.status.leader()).toBe('10.0.0.1:8300');
    const wary = new ConsulClient({ address: agent.address });
    opened.push(wary);
    const error = await errorOf(wary.status.leader());
    expect(error.kind).toBe('Unreachable');
    expect(error.message).toMatch(/certificate/i);
  });

  it('checks the name it was given instead of the host', async () => {
    const right = await serve(leader, { tls, client: { tls: { ca: [pem('ca')], serverName: 'server.dc1.consul' } } });
    expect(await right.client.status.leader()).toBe('10.0.0.1:8300');
    const wrong = await serve(leader, { tls, client: { tls: { ca: [pem('ca')], serverName: 'server.dc2.consul' } } });
    expect((await errorOf(wrong.client.status.leader())).message).toMatch(/does not match|altnames/i);
  });

  it('takes any certificate when told not to verify', async () => {
    const { client } = await serve(leader, { tls, client: { tls: { verify: false } } });
    expect(await client.status.leader()).toBe('10.0.0.1:8300');
  });

  it('shows its own certificate, and is refused without', async () => {
    const client = { tls: { ca: [pem('ca')], cert: pem('client'), key: pem('client-key') } };
    const known = await serve(leader, { tls: mutual, client });
    expect(await known.client.status.leader()).toBe('10.0.0.1:8300');
    const unknown = await serve(leader, { tls: mutual, client: { tls: { ca: [pem('ca')] } } });
    expect((await errorOf(unknown.client.status.leader())).kind).toBe('Unreachable');
  });
});
