import { describe, expect, it } from 'vitest';
import { CliProcess } from '../../support/cli-process.ts';
import { registryKinds } from '../../support/registries.ts';
import { useRegistry } from '../../support/shared-registry.ts';

describe.each(registryKinds)('register and deregister on $name', ({ isHere, start }) => {
  describe.skipIf(!isHere)('', () => {
    const registry = useRegistry(start);

    const run = (...args: string[]) => CliProcess.run([...args, '--consul', registry.address]);
    const inCatalog = async (name: string) => {
      const answer = await fetch(`${registry.address}/v1/catalog/service/${name}`);
      return (await answer.json()) as { ServiceID: string; ServicePort: number; ServiceTags: string[] }[];
    };

    it('registers what the flags say, prints its id, and takes it out again', async () => {
      const flags = ['--name', 'old-db', '--port', '5432', '--address', '10.1.2.3', '--tag', 'a', 'b'];
      const { code, stdout } = await run('register', ...flags, '--set', 'service.check={tcp: true, interval: 10s}');
      expect(code).toBe(0);
      expect(stdout).toBe('old-db-10.1.2.3-5432\n');
      const [entry] = await expect
        .poll(() => inCatalog('old-db'))
        .toHaveLength(1)
        .then(() => inCatalog('old-db'));
      expect(entry).toMatchObject({ ServiceID: 'old-db-10.1.2.3-5432', ServicePort: 5432, ServiceTags: ['a', 'b'] });
      const gone = await run('deregister', 'old-db-10.1.2.3-5432');
      expect(gone.code).toBe(0);
      expect(gone.stderr).toContain('is deregistered');
      await expect.poll(() => inCatalog('old-db')).toEqual([]);
    });

    it('says what is missing, with exit code 3', async () => {
      const { code, stderr } = await run('register', '--name', 'nothing');
      expect(code).toBe(3);
      expect(stderr).toContain('service.port');
    });

    it('takes an unknown id for gone', async () => {
      const { code, stderr } = await run('deregister', 'nobody');
      expect(code).toBe(0);
      expect(stderr).toContain('nobody was not registered at this agent');
    });
  });
});

it('says that Consul cannot be reached, with exit code 4', async () => {
  const { code, stderr } = await CliProcess.run(['deregister', 'x', '--consul', 'http://127.0.0.1:1']);
  expect(code).toBe(4);
  expect(stderr).toContain('127.0.0.1:1');
});
