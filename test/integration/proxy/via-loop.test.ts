import { describe, expect, test } from 'vitest';
import { RawClient } from '../../support/raw-client.ts';
import { expectOwnAnswer } from '../../support/raw-expectations.ts';
import { useStage } from '../../support/raw-stage.ts';
import { startTestProxy } from '../../support/test-proxy.ts';

const stage = useStage();

/** The name by which the proxy calls itself in Via. */
async function ownName(): Promise<string> {
  const client = await stage.client();
  await client.ask('GET /svc/x HTTP/1.1\r\nHost: localhost\r\n\r\n');
  const name = /^1\.1 (pilotfish-[0-9A-Za-z_-]+)$/.exec(stage.origin.requests[0]?.head.value('via') ?? '')?.[1];
  await stage.origin.forget();
  return name ?? 'no Via';
}

describe('a request that was here before', () => {
  test.each([
    ['alone', (own: string) => [`Via: 1.1 ${own}`]],
    ['in a list', (own: string) => [`Via: 1.0 fred, 1.1 ${own} (comment), 1.1 p.example.net`]],
    ['in the second Via', (own: string) => ['Via: 1.0 fred', 'X-A: b', `via: 1.1 ${own}`]],
    ['in capital letters of the field name', (own: string) => [`VIA: 1.1 ${own}`]],
    ['with the protocol spelled out', (own: string) => [`Via: HTTP/1.1 ${own}`]],
  ])('is refused with 502 and goes nowhere: %s', async (_, lines) => {
    const own = await ownName();
    const client = await stage.client();
    const bytes = `GET /svc/x HTTP/1.1\r\nHost: localhost\r\n${lines(own).join('\r\n')}\r\n\r\n`;
    expectOwnAnswer(await client.ask(bytes), 502, 'proxy_loop_detected');
    expect(stage.origin.requests).toHaveLength(0);
  });

  test.each([
    ['another pilotfish', () => 'Via: 1.1 pilotfish-other'],
    ['a name that begins like ours', (own: string) => `Via: 1.1 ${own}x`],
    ['a name that ends like ours', (own: string) => `Via: 1.1 x${own}`],
    ['our name in another field', (own: string) => `X-Via: 1.1 ${own}`],
    ['our name without the id', () => 'Via: 1.1 pilotfish'],
  ])('is no loop: %s', async (_, line) => {
    const own = await ownName();
    const client = await stage.client();
    const answer = await client.ask(`GET /svc/x HTTP/1.1\r\nHost: localhost\r\n${line(own)}\r\n\r\n`);
    expect(answer.status).toBe(200);
  });
});

test('Connection cannot nominate the Via of a loop away', async () => {
  const own = await ownName();
  const client = await stage.client();
  const answer = await client.ask(
    `GET /svc/x HTTP/1.1\r\nHost: localhost\r\nConnection: via\r\nVia: 1.1 ${own}\r\n\r\n`,
  );
  expectOwnAnswer(answer, 502, 'proxy_loop_detected');
});

test('two sidecars in a row are no loop', async () => {
  const outer = await startTestProxy({
    upstreams: { svc: [`127.0.0.1:${stage.proxy.port}`] },
    settings: { instanceId: 'outer' },
  });
  try {
    await using client = await RawClient.connect(outer);
    await client.write('GET /svc/svc/x HTTP/1.1\r\nHost: localhost\r\n\r\n');
    const answer = await client.readFinal();
    expect(answer.status, answer.body.toString()).toBe(200);
    expect(stage.origin.requests[0]?.head.values('via').join(', ')).toMatch(/^1\.1 pilotfish-\S+, 1\.1 pilotfish-\S+$/);
  } finally {
    await outer.close();
  }
});
