import { describe, expect, test } from 'vitest';
import { PACES } from '../../support/raw-client.ts';
import { expectForwarded, expectNextClean, expectRefused } from '../../support/raw-expectations.ts';
import { useStage } from '../../support/raw-stage.ts';

const stage = useStage();
const refused = ['#', '\\', ' ', '\t', '\x00', '\x01', '\x1f', '\x7f', '\x80', '\xc3\xa9', '\xff', '\r', '\n', '\x0b'];
const kept = [
  '/%zz',
  '/%',
  '/%2',
  '//',
  '//x//',
  '/.',
  '/..',
  '/../../x',
  '/%2e%2e/x',
  '/%2F..%2f',
  '/a;b=c/d',
  '/?',
  '/?a=//b',
  '/?a?b?c',
  '/?%00%0d%0a',
  '/%00%0d%0a',
  '/a:b@c',
  '/*',
  "/!$&'()*+,;=:@~-._",
  '/x?%zz&b=//&c[]=1',
  `/${'x'.repeat(4000)}`,
];

describe.each(PACES)('bytes that a target may not have are refused (%j)', (pace) => {
  test.each(refused.map((char) => [JSON.stringify(char), char] as const))('%s', async (_, char) => {
    for (const target of [`/svc/a${char}b`, `/svc/a?q=${char}b`, `/svc${char}/a`, `http://svc.localhost/${char}`]) {
      const client = await stage.client();
      await client.write(`GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`, pace);
      await expectRefused(client, stage.origin);
    }
  });
});

describe.each(PACES)('the rest of the path goes on byte for byte (%j)', (pace) => {
  test.each(kept)('%s', async (rest) => {
    const client = await stage.client();
    await client.ask(`GET /svc${rest} HTTP/1.1\r\nHost: localhost\r\n\r\n`, pace);
    expectForwarded(stage.origin.requests[0], { method: 'GET', target: rest });
    expect(stage.other.connections).toHaveLength(0);
    await expectNextClean(client, stage.origin, 1);
  });

  test.each([
    ['/svc', '/'],
    ['/svc?x=1', '/?x=1'],
    ['/svc/', '/'],
    ['/svc/?', '/?'],
  ])('%s goes on as %s', async (target, rest) => {
    const client = await stage.client();
    await client.ask(`GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`, pace);
    expectForwarded(stage.origin.requests[0], { method: 'GET', target: rest });
    await expectNextClean(client, stage.origin, 1);
  });
});
