import { describe, expect, test } from 'vitest';
import { useStage } from '../../support/raw-stage.ts';
import type { OriginScript } from '../../support/recording-origin.ts';

const stage = useStage({
  upstreamSettings: { svc: { timeouts: { connectMs: 1000, firstByteMs: 300, idleMs: 300, totalMs: 0 } } },
});
const GET = 'GET /svc/x HTTP/1.1\r\nHost: localhost\r\n\r\n';
const POST = 'POST /svc/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\npart';

/** The first event after `from` that tells of a request's end. */
async function outcome(from: number): Promise<{ readonly status: number; readonly error: string | undefined }> {
  for (let round = 0; round < 500; round++) {
    const event = stage.proxy.events[from];
    if (event !== undefined) return { status: event.status, error: event.error };
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('the request has no end');
}

const inFlight = () => stage.proxy.upstreams.get('svc')?.inFlight;
const requests = () => stage.proxy.proxy.traffic().get('svc')?.requests;
const answers = (bytes: string, then: 'stay' | 'end' | 'reset' = 'stay'): OriginScript => ({
  onRequest: (connection) => {
    connection.send(bytes);
    if (then !== 'stay') connection.socket.write('', () => setTimeout(() => connection[then](), 5));
  },
});

describe('how a request ended is told once, and its load given back', () => {
  test.each([
    ['answered', answers('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'), { status: 200, error: undefined }],
    [
      'answered with an error',
      answers('HTTP/1.1 500 Broken\r\nContent-Length: 0\r\n\r\n'),
      { status: 500, error: undefined },
    ],
    [
      'broken by the origin',
      answers('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart', 'end'),
      { status: 200, error: 'answer_truncated' },
    ],
    [
      'reset by the origin',
      answers('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart', 'reset'),
      { status: 200, error: 'answer_truncated' },
    ],
    ['answered with junk', answers('junk\r\n\r\n'), { status: 502, error: 'answer_malformed' }],
    ['never answered', answers(''), { status: 504, error: 'answer_timeout' }],
  ])('%s', async (_, script, expected) => {
    const from = stage.proxy.events.length;
    stage.origin.script = script;
    const client = await stage.client();
    await client.write(GET.replace('GET', 'PATCH'));
    expect(await outcome(from)).toEqual(expected);
    expect(stage.proxy.events).toHaveLength(from + 1);
    expect(inFlight()).toBe(0);
    expect(requests()).toBe(0);
  });

  test('stalled within the body: the client connection is broken off', async () => {
    const from = stage.proxy.events.length;
    stage.origin.script = answers('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart');
    const client = await stage.client();
    await client.write(GET);
    await client.whenClosed();
    expect(client.unread.toString()).toMatch(/part$/);
    expect((await outcome(from)).error).toMatch(/^answer_(stalled|truncated)$/);
    expect(inFlight()).toBe(0);
    expect(requests()).toBe(0);
  });

  test('stalled within the upload: the client is told, the origin is let go', async () => {
    const from = stage.proxy.events.length;
    const client = await stage.client();
    await client.write(POST);
    const answer = await client.readFinal('POST');
    expect(answer.status).toBe(408);
    await client.whenClosed();
    await stage.origin.until(() => stage.origin.openConnections === 0, 'the upload to be dropped');
    expect(stage.origin.requests).toHaveLength(0);
    expect((await outcome(from)).status).toBe(408);
    expect(inFlight()).toBe(0);
    expect(requests()).toBe(0);
  });
});

describe.each(['close', 'reset'] as const)(
  'a caller that goes away (%s) is "cancelled", never the origin’s fault',
  (how) => {
    test.each([
      ['before the answer', GET, {}, ''],
      ['within the answer', GET, answers('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n'), 'part'],
      ['within its upload', POST, {}, ''],
    ])('%s', async (_, bytes, script, seen) => {
      stage.origin.script = { onRequest: () => undefined, ...script };
      const from = stage.proxy.events.length;
      const client = await stage.client();
      await client.write(bytes);
      if (seen === '')
        await stage.origin.until(() => (stage.origin.connections[0]?.bytes.length ?? 0) > 0, 'the request');
      else await client.sees(seen);
      client[how]();
      // A FIN alone does not tell a caller that is gone from one that has only finished speaking.
      const { error } = await outcome(from);
      if (how === 'reset' || bytes === POST) expect(error).toBe('cancelled');
      expect(inFlight()).toBe(0);
      expect(requests()).toBe(0);
      await stage.origin.until(() => stage.origin.openConnections === 0, 'the request at the origin to be aborted');
    });
  },
);

/** `PILOTFISH_FULL=1`: the 10,000 of the contract. */
const ABORTED = process.env.PILOTFISH_FULL === '1' ? 10_000 : 400;

test(`${ABORTED} aborted calls leave nothing: no load, no connection`, async () => {
  stage.origin.script = {
    onRequest: (connection) => connection.send('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart'),
  };
  for (let round = 0; round < ABORTED / 40; round++) {
    const clients = await Promise.all(Array.from({ length: 40 }, () => stage.client()));
    await Promise.all(clients.map((client) => client.write(GET)));
    await Promise.all(clients.map((client, index) => (index % 2 === 0 ? client.sees('part') : undefined)));
    for (const [index, client] of clients.entries()) client[index % 3 === 0 ? 'close' : 'reset']();
    await stage.origin.until(() => stage.origin.openConnections === 0, 'all aborted');
  }
  expect(inFlight()).toBe(0);
  expect(requests()).toBe(0);
  // Connections on which an answer was broken off linger for a moment, so that what was sent arrives.
  for (let round = 0; round < 500 && stage.proxy.proxy.connections > 0; round++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  expect(stage.proxy.proxy.connections).toBe(0);
});
