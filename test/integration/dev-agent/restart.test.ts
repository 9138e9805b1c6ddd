import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type DevAgent, startDevAgent } from '../../../src/dev-agent/dev-agent.ts';

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'pilotfish-registry-'));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

const PATHS = ['/v1/health/service/web', '/v1/kv/a', '/v1/kv/?recurse', '/v1/catalog/services'];

/** The answers and indexes of all paths; waits up to 30 s for something newer than `known`. */
async function read(agent: DevAgent, known?: readonly number[]) {
  return Promise.all(
    PATHS.map(async (path, at) => {
      const blocking = known === undefined ? '' : `${path.includes('?') ? '&' : '?'}index=${known[at]}&wait=30s`;
      const answer = await fetch(`${agent.address}${path}${blocking}`, { signal: AbortSignal.timeout(10_000) });
      return { index: Number(answer.headers.get('x-consul-index')), status: answer.status, body: await answer.text() };
    }),
  );
}

async function fill(agent: DevAgent): Promise<void> {
  const put = (path: string, body: string) => fetch(`${agent.address}${path}`, { method: 'PUT', body });
  for (let port = 1; port <= 5; port++) {
    await put('/v1/agent/service/register', JSON.stringify({ Name: 'web', Port: port }));
    await put('/v1/kv/a', String(port));
  }
}

it('a client that goes on with its index from before a restart is answered with what is there now', async () => {
  const first = await startDevAgent({ listen: '127.0.0.1:0', node: 'node-1' });
  await fill(first);
  const known = (await read(first)).map(({ index }) => index);
  await first.close();
  await using second = await startDevAgent({ listen: '127.0.0.1:0', node: 'node-1' });
  const now = await read(second, known);
  expect(now.map(({ status }) => status)).toEqual([200, 404, 404, 200]);
  expect(now[0]?.body).toBe('[]');
  expect(now[3]?.body).not.toContain('web');
});

it('so is one whose last changes a crash took from the state file', async () => {
  const first = await startDevAgent({ listen: '127.0.0.1:0', node: 'node-1', dataDir });
  await fill(first);
  const file = join(dataDir, 'registry.state');
  await expect.poll(() => readFile(file, 'utf8').catch(() => '')).toContain('"Port":5');
  const kept = await readFile(file);
  await fetch(`${first.address}/v1/kv/a`, { method: 'PUT', body: 'lost' });
  const [, key] = await read(first);
  await first.close();
  await writeFile(file, kept);
  await using second = await startDevAgent({ listen: '127.0.0.1:0', node: 'node-1', dataDir });
  const answer = await fetch(`${second.address}/v1/kv/a?raw&index=${key?.index}&wait=30s`, {
    signal: AbortSignal.timeout(10_000),
  });
  expect(['4', '5']).toContain(await answer.text());
  const again = Number(answer.headers.get('x-consul-index'));
  expect(again).toBeLessThan(key?.index ?? 0);
});
