import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { CliProcess } from '../../support/cli-process.ts';

it('pilotfish dev says when it cannot keep its state, and goes on', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'pilotfish-registry-'));
  const data = join(dir, 'data');
  await using dev = new CliProcess(['dev', '--listen', '127.0.0.1:0', '--data-dir', data]);
  try {
    const [, address] = await dev.written(/registry on (\S+),/);
    await rm(data, { recursive: true });
    await writeFile(data, 'not a directory');
    await fetch(`${address}/v1/kv/a`, { method: 'PUT', body: '1' });
    await dev.written(/"level":"error","msg":"the state could not be written/);
    expect(await (await fetch(`${address}/v1/kv/a?raw`)).text()).toBe('1');
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});
