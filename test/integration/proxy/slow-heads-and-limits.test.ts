import { describe, expect, test } from 'vitest';
import { expectNextClean, expectOwnAnswer, expectRefused } from '../../support/raw-expectations.ts';
import { useStage } from '../../support/raw-stage.ts';

/** `PILOTFISH_FULL=1`: with the default time limit for heads; else with a shorter one. */
const FULL = process.env.PILOTFISH_FULL === '1';

describe('limits of a request', () => {
  const stage = useStage();

  test.each([
    ['header bytes in one field', `X-A: ${'b'.repeat(300_000)}\r\n`, 431],
    ['header bytes in many fields', `X-A: ${'b'.repeat(1000)}\r\n`.repeat(300), 431],
    ['the number of fields', 'a:\r\n'.repeat(20_000), 431],
    ['a field name', `${'x'.repeat(300_000)}: b\r\n`, 431],
  ])('%s', async (_, lines, status) => {
    const client = await stage.client();
    await client.write(`GET /svc/x HTTP/1.1\r\nHost: localhost\r\n${lines}\r\n`);
    await expectRefused(client, stage.origin, { status });
  });

  test.each([
    ['endless fields', 'GET /svc/x HTTP/1.1\r\nHost: localhost\r\n', `X-A: ${'b'.repeat(1000)}\r\n`, [431]],
    ['an endless value', 'GET /svc/x HTTP/1.1\r\nHost: localhost\r\nX-A: ', 'b'.repeat(1000), [431]],
    ['an endless target', 'GET /svc/', 'b'.repeat(1000), [414, 431]],
    ['an endless method', '', 'G'.repeat(1000), [400, 414, 431, 405]],
    ['endless empty lines', '', '\r\n'.repeat(500), [400, 431]],
  ])('%s: refused without waiting for the end', async (_, start, more, status) => {
    const client = await stage.client();
    await client.write(start);
    for (let sent = 0; sent < 2000 && client.closing === 'open'; sent += 20) await client.write(more.repeat(20));
    await expectRefused(client, stage.origin, { status });
  });

  test('a target that is too long', async () => {
    const client = await stage.client();
    await client.write(`GET /svc/${'x'.repeat(100_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    await expectRefused(client, stage.origin, { status: 414 });
  });

  test('what applications do send is within the limits', async () => {
    const client = await stage.client();
    const lines = `Cookie: ${'c'.repeat(8000)}\r\n${Array.from({ length: 80 }, (_, i) => `X-${i}: y\r\n`).join('')}`;
    await client.ask(`GET /svc/x?${'q'.repeat(4000)} HTTP/1.1\r\nHost: localhost\r\n${lines}\r\n`);
    await expectNextClean(client, stage.origin, 1);
  });
});

describe('slow clients', () => {
  const stage = useStage(FULL ? {} : { settings: { limits: { headMs: 1000 } } });
  const SOCKETS = 500;

  test(`${SOCKETS} that trickle their heads are closed, and nobody else notices`, async () => {
    const clients = await Promise.all(Array.from({ length: SOCKETS }, () => stage.client()));
    await Promise.all(clients.map((client) => client.write('GET /svc/x HTTP/1.1\r\nHost: localhost\r\nX: ')));
    const open = () => clients.filter(({ closing }) => closing === 'open');
    let trickled = 0;
    const trickle = setInterval(() => {
      trickled += 1;
      for (const client of open()) void client.write(trickled % 20 === 0 ? '\r\nX: ' : 'a');
    }, 100);
    try {
      const other = await stage.client();
      let asked = 0;
      while (open().length > 0) {
        expect((await other.ask('GET /svc/other HTTP/1.1\r\nHost: localhost\r\n\r\n')).status).toBe(200);
        asked += 1;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      expect(asked).toBeGreaterThan(0);
      expect(stage.origin.requests.filter(({ target }) => target === '/x')).toHaveLength(0);
    } finally {
      clearInterval(trickle);
    }
    for (const client of clients) {
      if (client.unread.length > 0) expectOwnAnswer(await client.read(), 408, 'http_request_error');
    }
  });

  test('a connection that never says a word is closed too', async () => {
    const client = await stage.client();
    await client.whenClosed(20_000);
    expect(stage.origin.connections).toHaveLength(0);
  });
});

describe('the limit of connections', () => {
  const stage = useStage({ settings: { limits: { connections: 10 } } });

  test('beyond it, a connection is refused and the others are served', async () => {
    const clients = [];
    for (let opened = 0; opened < 10; opened++) {
      const client = await stage.client();
      expect((await client.ask('GET /svc/x HTTP/1.1\r\nHost: localhost\r\n\r\n')).status).toBe(200);
      clients.push(client);
    }
    const beyond = await stage.client();
    await beyond.write('GET /svc/beyond HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await beyond.whenClosed();
    if (beyond.unread.length > 0) expectOwnAnswer(await beyond.read(), 503, 'connection_limit_reached');
    for (const client of clients) {
      expect((await client.ask('GET /svc/x HTTP/1.1\r\nHost: localhost\r\n\r\n')).status).toBe(200);
    }
    clients[0]?.close();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect((await (await stage.client()).ask('GET /svc/x HTTP/1.1\r\nHost: localhost\r\n\r\n')).status).toBe(200);
    expect(stage.origin.requests.filter(({ target }) => target === '/beyond')).toHaveLength(0);
  });
});

describe('the limit of content', () => {
  const stage = useStage({ settings: { limits: { bodyBytes: 1000 } } });
  const chunk = `64\r\n${'x'.repeat(100)}\r\n`;

  test('a stated length above it: 413, and nothing reaches the origin', async () => {
    const client = await stage.client();
    await client.write('POST /svc/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1001\r\n\r\n');
    await expectRefused(client, stage.origin, { status: 413 });
  });

  test('chunks that add up to more: 413, and no whole request reaches the origin', async () => {
    const client = await stage.client();
    await client.write('POST /svc/x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n');
    for (let sent = 0; sent < 20 && client.closing === 'open'; sent++) {
      await client.write(chunk);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await client.write('0\r\n\r\n');
    await expectRefused(client, stage.origin, { status: 413, late: true });
  });

  test('content up to it passes', async () => {
    const client = await stage.client();
    await client.ask(`POST /svc/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n${'x'.repeat(1000)}`);
    await expectNextClean(client, stage.origin, 1);
  });
});
