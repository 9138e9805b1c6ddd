import { describe, expect, test } from 'vitest';
import { heldBytes } from '../../support/raw-memory.ts';
import { useStage } from '../../support/raw-stage.ts';
import type { OriginConnection } from '../../support/recording-origin.ts';

/** `PILOTFISH_FULL=1`: the sizes of the contract (100 answers of 1 GiB); else a share that shows the same. */
const FULL = process.env.PILOTFISH_FULL === '1';
const ANSWERS = FULL ? 100 : 24;
const ANSWER_BYTES = FULL ? 2 ** 30 : 2 ** 26;
const RSS_BOUND_BYTES = 100_000_000;
const PIECE = Buffer.alloc(65_536, 'x');

const stage = useStage();

/** Writes `total` bytes as fast as the other side takes them; says how many it took. */
function pour(connection: OriginConnection, total: number): { readonly taken: () => number } {
  let left = total;
  const { socket } = connection;
  const more = (): void => {
    while (left > 0 && !socket.destroyed) {
      left -= PIECE.length;
      if (!socket.write(PIECE)) return;
    }
  };
  socket.on('drain', more);
  more();
  return { taken: () => total - left - socket.writableLength };
}

/** Resolves when `read` returned the same value for a while: nothing moves any more. */
async function settled(read: () => number): Promise<number> {
  for (let last = -1, same = 0; ; ) {
    const now = read();
    same = now === last ? same + 1 : 0;
    last = now;
    if (same >= 5) return now;
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
}

describe('no body is held in memory', () => {
  test(`${ANSWERS} answers of ${ANSWER_BYTES / 2 ** 20} MiB that nobody reads`, async () => {
    const pours: ReturnType<typeof pour>[] = [];
    stage.origin.script = {
      onRequest: (connection) => {
        connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${ANSWER_BYTES}\r\n\r\n`);
        pours.push(pour(connection, ANSWER_BYTES));
      },
    };
    heldBytes();
    const before = process.memoryUsage.rss();
    for (let asked = 0; asked < ANSWERS; asked++) {
      const client = await stage.client();
      client.pause();
      await client.write('GET /svc/big HTTP/1.1\r\nHost: localhost\r\n\r\n');
    }
    await stage.origin.whenRequests(ANSWERS);
    const taken = await settled(() => pours.reduce((sum, { taken }) => sum + taken(), 0));
    expect(taken).toBeLessThan((ANSWERS * ANSWER_BYTES) / 2);
    expect(process.memoryUsage.rss() - before).toBeLessThan(RSS_BOUND_BYTES);
  });

  test('an upload that the origin does not read', async () => {
    stage.origin.script = { onHead: (connection) => void connection.socket.pause() };
    const client = await stage.client();
    await client.write(`POST /svc/big HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${ANSWER_BYTES}\r\n\r\n`);
    await stage.origin.until(() => stage.origin.restBytes > 0, 'the head');
    const before = process.memoryUsage.rss();
    for (let sent = 0; sent < ANSWER_BYTES; sent += PIECE.length) await client.write(PIECE);
    const held = await settled(() => client.unsentBytes);
    expect(held).toBeGreaterThan(ANSWER_BYTES / 2);
    expect(process.memoryUsage.rss() - before).toBeLessThan(RSS_BOUND_BYTES);
  });
});

test('an answer that is read after a pause is whole', async () => {
  const size = 2 ** 24;
  stage.origin.script = {
    onRequest: (connection) => {
      connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
      pour(connection, size);
    },
  };
  const client = await stage.client();
  client.pause();
  await client.write('GET /svc/big HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await stage.origin.whenRequests(1);
  await new Promise((resolve) => setTimeout(resolve, 50));
  client.resume();
  const head = await client.readHead();
  expect(head).toContain(`Content-Length: ${size}`);
  const body = await client.readBytes(size, 30_000);
  expect(body.every((byte) => byte === 0x78)).toBe(true);
  expect(client.unread.length).toBe(0);
});

test('a slow reader does not slow others', async () => {
  stage.origin.script = {
    onRequest: (connection, { target }) => {
      if (target !== '/big') return connection.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${ANSWER_BYTES}\r\n\r\n`);
      pour(connection, ANSWER_BYTES);
    },
  };
  const slow = await stage.client();
  slow.pause();
  await slow.write('GET /svc/big HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await stage.origin.whenRequests(1);
  const client = await stage.client();
  for (let asked = 0; asked < 100; asked++) {
    expect((await client.ask('GET /svc/x HTTP/1.1\r\nHost: localhost\r\n\r\n')).status).toBe(200);
  }
});

test('pipelined requests wait in the kernel, not in memory, while one is unanswered', async () => {
  stage.origin.script = { onRequest: () => undefined };
  const client = await stage.client();
  const request = 'GET /svc/x HTTP/1.1\r\nHost: localhost\r\n\r\n';
  const many = Buffer.from(request.repeat(Math.ceil(2 ** 16 / request.length)));
  for (let sent = 0; sent < 2 ** 26 && client.closing === 'open'; sent += many.length) await client.write(many);
  await settled(() => client.unsentBytes);
  if (client.closing === 'open') expect(client.unsentBytes).toBeGreaterThan(2 ** 25);
  expect(stage.origin.requests).toHaveLength(1);
});
