import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { startDevAgent } from '../../../src/dev-agent/dev-agent.ts';
import { CliProcess } from '../../support/cli-process.ts';

const opened: AsyncDisposable[] = [];

afterEach(async () => {
  for (const each of opened.splice(0).toReversed()) await each[Symbol.asyncDispose]();
});

async function startApp(): Promise<number> {
  const server = createServer((_request, response) => response.end('well'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  opened.push({
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  });
  return (server.address() as AddressInfo).port;
}

describe('pilotfish check', () => {
  it('exits with 4 when Consul is away, and says what to do', async () => {
    const { code, stdout } = await CliProcess.run(['check', '--consul', 'http://127.0.0.1:1']);
    expect(code).toBe(4);
    expect(stdout).toMatch(/✗ consul_unreachable: .*ECONNREFUSED.*\n {4}→ start the agent/);
  });

  it('exits with 0 beside a running sidecar that is well, and with 5 when it finds something', async () => {
    const registry = await startDevAgent({ listen: '127.0.0.1:0' });
    opened.push(registry);
    const port = await startApp();
    const check = 'service.check={http: /health, interval: 1s}';
    const flags = ['--consul', registry.address, '--name', 'orders', '--port', String(port), '--set', check];
    const listen = ['--proxy-listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0'];
    const sidecar = new CliProcess(['run', ...flags, ...listen]);
    opened.push(sidecar);
    const { adminUrl } = await sidecar.ready();
    const checkNow = (...more: string[]) =>
      CliProcess.run(['check', ...flags, ...listen, '--admin', adminUrl, '-o', 'json', ...more]);
    await expect.poll(async () => (await checkNow()).code, { timeout: 20_000, interval: 500 }).toBe(0);
    const { code, stdout } = await checkNow('--set', 'upstreams.payments.tag=v2');
    const problems = (JSON.parse(stdout) as { level: string; code: string }[]).filter(
      ({ level }) => level === 'problem',
    );
    expect([code, problems.map((each) => each.code)]).toEqual([5, ['upstream_unknown']]);
  });
});
