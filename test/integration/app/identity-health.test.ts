import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { CliProcess } from '../../support/cli-process.ts';
import { freePorts } from '../../support/free-port.ts';
import { registryKinds } from '../../support/registries.ts';
import { useRegistry } from '../../support/shared-registry.ts';
import { until } from '../../support/until.ts';

const APP = fileURLToPath(new URL('../../support/echo-app.ts', import.meta.url));

interface Check {
  readonly Status: string;
  readonly Output: string;
  readonly ServiceName: string;
}

describe.each(registryKinds)('a health check that the sidecar answers, on $name', ({ isHere, start }) => {
  describe.skipIf(!isHere)('', () => {
    const registry = useRegistry(start);

    const sidecar = (name: string, port: number, health: number) =>
      new CliProcess([
        ...['run', '--consul', registry.address, '--name', name, '--id', `${name}-1`, '--address', '127.0.0.1'],
        ...['--port', String(port), '--proxy-listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0'],
        ...['--log-format', 'json', '--set', 'service.check={http: /health, interval: 1s}'],
        ...['--set', `service.healthListen=127.0.0.1:${health}`, '--set', 'service.drain.wait=0s'],
        ...['--', process.execPath, APP],
      ]);
    // From the agent, since the catalog is told of another output only now and then.
    const checkOf = async (name: string): Promise<Check | undefined> => {
      const answer = await fetch(`${registry.address}/v1/agent/checks`);
      return Object.values((await answer.json()) as Record<string, Check>).find((check) => check.ServiceName === name);
    };
    const passing = (name: string) =>
      until(`${name} passes`, async () => (await checkOf(name))?.Status === 'passing', 30_000);

    it('passes while the app is well', async () => {
      const [port = 0, health = 0] = await freePorts(2);
      await using app = sidecar('asked', port, health);
      await app.ready();
      await until('the check has run', async () =>
        (await checkOf('asked'))?.Output.includes('asked-1: GET http://127.0.0.1:'),
      );
      await passing('asked');
      expect((await fetch(`http://127.0.0.1:${health}/health`)).status).toBe(404);
      expect((await fetch(`http://127.0.0.1:${health}/pilotfish/health/asked-1/guess`)).status).toBe(404);
    });

    it('does not take another app that was given the same address and ports for the one that died', async () => {
      const [port = 0, health = 0] = await freePorts(2);
      const app = sidecar('first', port, health);
      await app.ready();
      await passing('first');
      // Killed with its app, which stands for a host or pod whose address goes to the next.
      const { pid: appPid } = (await (await fetch(`http://127.0.0.1:${port}/pid`)).json()) as { pid: number };
      app.signal('SIGKILL');
      process.kill(appPid, 'SIGKILL');
      await app.ended;
      await using next = sidecar('second', port, health);
      await next.ready();
      await passing('second');
      const old = await until('the old one is refused', async () => {
        const check = await checkOf('first');
        return check?.Output.includes('not the instance that was asked for') === true && check;
      });
      expect(old.Status).toBe('critical');
      expect(old.Output).toContain('404');
      expect((await fetch(`http://127.0.0.1:${port}/health`)).status, 'its app would say that it is well').toBe(200);
    });
  });
});
