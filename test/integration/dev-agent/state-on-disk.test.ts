import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DevAgent, startDevAgent } from '../../../src/dev-agent/dev-agent.ts';

let dataDir: string;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'pilotfish-registry-'));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

const start = (dir = dataDir): Promise<DevAgent> =>
  startDevAgent({ listen: '127.0.0.1:0', node: 'node-1', dataDir: dir });

async function put(agent: DevAgent, path: string, body?: string | Uint8Array<ArrayBuffer>): Promise<string> {
  const answer = await fetch(`${agent.address}${path}`, { method: 'PUT', ...(body === undefined ? {} : { body }) });
  expect(answer.status).toBe(200);
  return answer.text();
}

async function get<T>(agent: DevAgent, path: string): Promise<{ readonly index: number; readonly body: T }> {
  const answer = await fetch(`${agent.address}${path}`);
  return { index: Number(answer.headers.get('x-consul-index')), body: (await answer.json()) as T };
}

describe('a registry with a data directory', () => {
  it('has after a restart what it had before: services, TTL status, keys with flags, sessions, indexes', async () => {
    const before = await start();
    await put(before, '/v1/agent/service/register', '{"Name":"web","Port":80,"Meta":{"v":"1"},"Check":{"TTL":"1h"}}');
    await put(before, '/v1/agent/check/pass/service:web?note=fine');
    await put(before, '/v1/kv/bin?flags=18446744073709551615', new Uint8Array([0, 255, 1]));
    const session = JSON.parse(await put(before, '/v1/session/create', '{"TTL":"1h"}')) as { ID: string };
    await put(before, `/v1/kv/lock?acquire=${session.ID}`, 'me');
    const paths = [
      '/v1/health/service/web',
      '/v1/agent/services',
      '/v1/agent/checks',
      '/v1/session/list',
      '/v1/catalog/nodes',
    ];
    const known = await Promise.all(paths.map((path) => get(before, path)));
    const keys = await (await fetch(`${before.address}/v1/kv/?recurse`)).text();
    await before.close();

    await using after = await start();
    expect(await Promise.all(paths.map((path) => get(after, path)))).toEqual(known);
    expect(await (await fetch(`${after.address}/v1/kv/?recurse`)).text()).toBe(keys);
    expect(keys).toContain('18446744073709551615');
    await put(after, '/v1/agent/check/pass/service:web');
    expect(await put(after, `/v1/kv/lock?acquire=${session.ID}`, 'still me')).toBe('true');
  });

  it('loses nothing older than a moment when it is not closed in order', async () => {
    await using crashed = await start();
    await put(crashed, '/v1/kv/a', 'kept');
    await expect.poll(() => readFile(join(dataDir, 'registry.state'), 'utf8').catch(() => '')).toContain('"Key":"a"');
    const copy = join(dataDir, 'copy');
    await mkdir(copy);
    await copyFile(join(dataDir, 'registry.state'), join(copy, 'registry.state'));
    await using after = await start(copy);
    expect((await get<{ Key: string }[]>(after, '/v1/kv/a')).body[0]?.Key).toBe('a');
  });

  it('leaves the state alone when it cannot have its address', async () => {
    await using first = await start();
    await put(first, '/v1/kv/a', 'x');
    const listen = first.address.replace('http://', '');
    const other = join(dataDir, 'other');
    await expect(startDevAgent({ listen, dataDir: other })).rejects.toMatchObject({ code: 'registry_listen_failed' });
    await new Promise((resolve) => setTimeout(resolve, 150));
    await expect(readFile(join(other, 'registry.state'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('refuses a damaged state, naming the file and what to do', async () => {
    const before = await start();
    await put(before, '/v1/kv/a', 'x');
    await before.close();
    const file = join(dataDir, 'registry.state');
    await writeFile(file, (await readFile(file, 'utf8')).replace('"Key":"a"', '"Key":"b"'));
    await expect(start()).rejects.toThrow(`${file}: its checksum is wrong: it is damaged; restore it from a copy`);
    await writeFile(file, 'something else');
    await expect(start()).rejects.toMatchObject({ code: 'registry_state_unreadable' });
  });

  it('keeps its directory to itself, and leaves it when it is closed', async () => {
    const first = await start();
    await expect(start()).rejects.toMatchObject({
      code: 'registry_state_in_use',
      message: expect.stringContaining(`process ${process.pid}`),
    });
    await first.close();
    await using second = await start();
    expect(second.address).not.toBe(first.address);
  });

  it('is not kept out by a process that has ended, nor by another that has its number now', async () => {
    const ended = spawn(process.execPath, ['-e', ''], { stdio: 'ignore' });
    await once(ended, 'exit');
    for (const stale of [`${ended.pid} 1`, `${process.ppid} 1`, 'something else', '']) {
      await writeFile(join(dataDir, 'registry.lock'), stale);
      const agent = await start();
      await agent.close();
    }
    expect(await readdir(dataDir)).toEqual(['registry.state']);
  });

  it('keeps the old state when the disk has no room for the new one', async () => {
    const module = new URL('../../../src/dev-agent/state-file.ts', import.meta.url).href;
    const script = `
      const { StateFile } = await import(${JSON.stringify(module)});
      const file = new StateFile(${JSON.stringify(dataDir)});
      file.write({ size: 'small' });
      try {
        file.write({ size: 'x'.repeat(100_000) });
        console.log('written');
      } catch (error) {
        console.log(error.code, JSON.stringify(file.read()));
      }`;
    // A limit on the size of files, as a full disk does, takes a part of the write first.
    const limited = 'trap "" XFSZ; ulimit -f 40; exec "$0" --input-type=module -e "$1"';
    const child = spawn('bash', ['-c', limited, process.execPath, script], { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    await once(child, 'close');
    expect(said.trim()).toBe('EFBIG {"size":"small"}');
    expect(await readdir(dataDir)).toEqual(['registry.state']);
  });
});
