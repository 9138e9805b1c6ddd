import { describe, expect, test } from 'vitest';
import { PACES } from '../../support/raw-client.ts';
import { expectForwarded, expectNextClean, expectOwnAnswer } from '../../support/raw-expectations.ts';
import { useStage } from '../../support/raw-stage.ts';

const stage = useStage();
const get = (target: string, host = 'localhost') => `GET ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;

/** Either forwarded to `svc` with exactly this rest, or refused; `other` never hears of it. */
const traversals = [
  ['/svc/../other', '/../other'],
  ['/svc/../other/x', '/../other/x'],
  ['/svc/./../other/x', '/./../other/x'],
  ['/svc/%2e%2e/other/x', '/%2e%2e/other/x'],
  ['/svc/%2E%2E%2Fother/x', '/%2E%2E%2Fother/x'],
  ['/svc/..%2fother/x', '/..%2fother/x'],
  ['/svc/%252e%252e/other/x', '/%252e%252e/other/x'],
  ['/svc/..%252fother/x', '/..%252fother/x'],
  ['/svc/..;/other/x', '/..;/other/x'],
  ['/svc/..;a=b/other', '/..;a=b/other'],
  ['/svc//other/x', '//other/x'],
  ['/svc///other/x', '///other/x'],
  ['/svc/%5c..%5cother', '/%5c..%5cother'],
  ['/svc/..%00/other', '/..%00/other'],
  ['/svc/%0d%0aHost:%20other', '/%0d%0aHost:%20other'],
  ['/svc/%c0%ae%c0%ae/other', '/%c0%ae%c0%ae/other'],
  ['/svc/@other/x', '/@other/x'],
  ['/svc/http://other/x', '/http://other/x'],
  ['/svc?/../other', '/?/../other'],
  ['/svc?service=other', '/?service=other'],
] as const;

/** No name at all, or none that Consul allows: refused before any lookup. */
const noNames = [
  '/',
  '//svc/x',
  '///svc/x',
  '//other/x',
  '/./svc/x',
  '/../svc/x',
  '/../other/x',
  '/.svc/x',
  '/%2e%2e/other/x',
  '/%2e/svc',
  '/..;/other/x',
  '/svc%2fx',
  '/svc%2Fother',
  '/svc%2f..%2fother/x',
  '/svc%00/x',
  '/svc%0d%0aX:%20y/x',
  '/svc%20/x',
  '/%73vc/x',
  '/%2573vc/x',
  '/svc;x/y',
  '/svc;/other/x',
  '/svc,other/x',
  '/svc:80/x',
  '/svc$/x',
  '/svc*/x',
  '/*/x',
  '/-svc/x',
  '/svc-/x',
  '/svc../x',
  '/@/x',
  '/svc@/x',
  '/@dc1/x',
  '/svc@dc1@dc2/x',
  '/svc@../x',
  '/svc@dc1%2f/x',
  '/user:pass@svc/x',
  '/?svc',
  '/??',
  `/${'a'.repeat(64)}/x`,
  `/${'a'.repeat(2000)}/x`,
];

describe.each(PACES)('the wrong service is never reached (%j)', (pace) => {
  test.each(traversals)('%s', async (target, rest) => {
    const client = await stage.client();
    const answer = await client.ask(get(target), pace);
    expect(stage.other.connections).toHaveLength(0);
    if (answer.status === 200) expectForwarded(stage.origin.requests[0], { method: 'GET', target: rest });
    else expectOwnAnswer(answer, 400, 'http_request_error');
    if (client.closing === 'open') await expectNextClean(client, stage.origin, stage.origin.requests.length);
  });

  test.each(noNames)('%s is no service name: 400', async (target) => {
    const client = await stage.client();
    expectOwnAnswer(await client.ask(get(target), pace), 400, 'http_request_error');
    expect(stage.origin.connections).toHaveLength(0);
    expect(stage.other.connections).toHaveLength(0);
  });
});

describe('names', () => {
  test.each(['/nobody/x', '/svc2/x', '/sv/x', '/v2.nobody/x', '/nobody@dc9/x'])(
    '%s is not in the catalog: 404',
    async (target) => {
      const client = await stage.client();
      expectOwnAnswer(await client.ask(get(target)), 404, 'destination_not_found');
      await expectNextClean(client, stage.origin, 0);
    },
  );

  test.each([
    'a_b.localhost',
    '-svc.localhost',
    '..localhost',
    '.localhost',
    'svc..localhost',
    'a.b.c.d.service.consul',
    '.service.consul',
    'svc.service..consul',
    `${'a'.repeat(64)}.localhost`,
  ])('Host: %s names no service: refused, never a service by accident', async (host) => {
    const client = await stage.client();
    const answer = await client.ask(get('/x', host));
    expect([400, 403, 404]).toContain(answer.status);
    expect(stage.origin.connections).toHaveLength(0);
    expect(stage.other.connections).toHaveLength(0);
  });

  test('a host that names a service beats a path that names another', async () => {
    const client = await stage.client();
    await client.ask(get('/other/x', 'svc.localhost'));
    expectForwarded(stage.origin.requests[0], { method: 'GET', target: '/other/x' });
    expect(stage.other.connections).toHaveLength(0);
  });

  test('a field that claims to be the path or the host routes nothing', async () => {
    const client = await stage.client();
    const lines = [
      'X-Original-URL: /other/x',
      'X-Rewrite-URL: /other/x',
      'X-Forwarded-Host: other.localhost',
      'X-Host: other.localhost',
    ];
    await client.ask(`GET /svc/x HTTP/1.1\r\nHost: localhost\r\n${lines.join('\r\n')}\r\n\r\n`);
    expect(stage.origin.requests.map(({ target }) => target)).toEqual(['/x']);
    expect(stage.other.connections).toHaveLength(0);
  });
});
