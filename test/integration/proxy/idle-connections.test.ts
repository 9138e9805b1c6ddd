import { describe, expect, test } from 'vitest';
import { expectForwarded, expectNextClean, expectOwnAnswer } from '../../support/raw-expectations.ts';
import { useStage } from '../../support/raw-stage.ts';
import { OK } from '../../support/recording-origin.ts';

const stage = useStage();
const LANES = 20;
const ROUNDS = 20;

/** Answers the first request of a connection and breaks it at the head of the second, before any byte of an answer. */
const breaksSecond = (how: 'end' | 'reset') => ({
  onHead: (connection: { readonly requests: readonly unknown[]; end(): void; reset(): void }) => {
    if (connection.requests.length === 1) connection[how]();
  },
  onRequest: (connection: { readonly requests: readonly unknown[]; send(bytes: string): void }) => {
    if (connection.requests.length === 1) connection.send(OK);
  },
});

describe.each(['end', 'reset'] as const)('a reused connection that breaks before any byte of an answer (%s)', (how) => {
  test.each(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])('%s is sent once more on a fresh one', async (method) => {
    stage.origin.script = breaksSecond(how);
    const client = await stage.client();
    await client.ask('GET /svc/first HTTP/1.1\r\nHost: localhost\r\n\r\n');
    const answer = await client.ask(`${method} /svc/x HTTP/1.1\r\nHost: localhost\r\nX-A: b\r\n\r\n`);
    expect(answer.status).toBe(200);
    expect(stage.origin.connections).toHaveLength(2);
    const again = stage.origin.connections[1]?.requests;
    expect(again).toHaveLength(1);
    expect(again?.[0]?.head.startLine).toBe(`${method} /x HTTP/1.1`);
    stage.origin.script = {};
    expect((await client.ask('GET /svc/next HTTP/1.1\r\nHost: localhost\r\n\r\n')).status).toBe(200);
  });

  test('a PUT with a small body is sent once more, with its body', async () => {
    stage.origin.script = breaksSecond(how);
    const client = await stage.client();
    await client.ask('GET /svc/first HTTP/1.1\r\nHost: localhost\r\n\r\n');
    const put = 'PUT /svc/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello';
    expect((await client.ask(put)).status).toBe(200);
    const [again] = stage.origin.connections[1]?.requests ?? [];
    expectForwarded(again, { method: 'PUT', target: '/x', lines: ['Content-Length: 5'], body: 'hello' });
  });

  test.each([
    ['POST', ''],
    ['PATCH', ''],
    ['PURGE', ''],
  ])('%s is never sent twice: 502', async (method) => {
    stage.origin.script = breaksSecond(how);
    const client = await stage.client();
    await client.ask('GET /svc/first HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await client.write(`${method} /svc/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello`);
    expectOwnAnswer(await client.readFinal(method), 502, 'connection_terminated');
    const executions = stage.origin.connections.filter(({ bytes }) => bytes.includes(`${method} /x `));
    expect(executions).toHaveLength(1);
  });

  test('a POST with Idempotency-Key may be sent once more', async () => {
    stage.origin.script = breaksSecond(how);
    const client = await stage.client();
    await client.ask('GET /svc/first HTTP/1.1\r\nHost: localhost\r\n\r\n');
    const post = 'POST /svc/x HTTP/1.1\r\nHost: localhost\r\nIdempotency-Key: "1"\r\nContent-Length: 5\r\n\r\nhello';
    expect((await client.ask(post)).status).toBe(200);
    expect(stage.origin.connections[1]?.requests[0]?.body.toString()).toBe('hello');
  });
});

test('an idle connection that the origin closes is not used again', async () => {
  const client = await stage.client();
  await client.ask('GET /svc/x HTTP/1.1\r\nHost: localhost\r\n\r\n');
  stage.origin.connections[0]?.end();
  await stage.origin.until(() => stage.origin.openConnections === 0, 'the idle connection to be closed');
  await client.ask('POST /svc/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n');
  expect(stage.origin.connections.map(({ requests }) => requests.length)).toEqual([1, 1]);
});

test.each(['end', 'reset'] as const)(
  'a POST is not sent on a connection that the origin closed before it came (%s)',
  async (how) => {
    for (let round = 0; round < 50; round++) {
      await stage.origin.forget();
      const client = await stage.client();
      await client.ask('GET /svc/first HTTP/1.1\r\nHost: localhost\r\n\r\n');
      // Both are on their way before the proxy, which is in this process, can look at either.
      stage.origin.connections[0]?.[how]();
      const { status } = await client.ask('POST /svc/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\nhi');
      expect(status).toBe(200);
      expect(stage.origin.connections.map(({ requests }) => requests.length)).toEqual([1, 1]);
    }
  },
);

test('one connection serves one request after another', async () => {
  const client = await stage.client();
  for (let asked = 0; asked < 20; asked++) await client.ask('GET /svc/x HTTP/1.1\r\nHost: localhost\r\n\r\n');
  expect(stage.origin.connections).toHaveLength(1);
  await expectNextClean(client, stage.origin, 20);
});

test(`${LANES * ROUNDS} requests as the origin closes idle sockets after 50 ms: no GET fails, no POST runs twice`, async () => {
  await stage.origin.forget({ closeIdleAfterMs: 50 });
  const failed: string[] = [];
  const lane = async (number: number): Promise<void> => {
    const client = await stage.client();
    const method = number % 2 === 0 ? 'GET' : 'POST';
    for (let round = 0; round < ROUNDS; round++) {
      const framing = method === 'POST' ? 'Content-Length: 2\r\n\r\nhi' : '\r\n';
      const { status } = await client.ask(
        `${method} /svc/${number}-${round} HTTP/1.1\r\nHost: localhost\r\n${framing}`,
      );
      if (status !== 200) failed.push(`${method} ${number}-${round}: ${status}`);
      await new Promise((resolve) => setTimeout(resolve, 47 + (round % 7)));
    }
  };
  await Promise.all(Array.from({ length: LANES }, (_, number) => lane(number)));
  expect(failed.filter((what) => what.startsWith('GET'))).toEqual([]);
  const executed = new Map<string, number>();
  for (const { method, target } of stage.origin.requests) {
    if (method === 'POST') executed.set(target, (executed.get(target) ?? 0) + 1);
  }
  expect([...executed].filter(([, times]) => times > 1)).toEqual([]);
  expect(stage.origin.malformed).toEqual([]);
});
