import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TokenFile } from '../../../src/consul/token-file.ts';
import { reply, scriptedClient } from '../../support/consul-transport.ts';
import { FakeClock } from '../../support/fake-clock.ts';

let dir: string;
let path: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'pilotfish-token-'));
  path = join(dir, 'token');
});

afterEach(() => rm(dir, { recursive: true }));

describe('a token file', () => {
  it('gives its text without the space around it', async () => {
    await writeFile(path, '\n  one \n');
    expect(await new TokenFile(path, new FakeClock()).token()).toBe('one');
  });

  it('is read again once it changed, at most once a second', async () => {
    const clock = new FakeClock();
    const source = new TokenFile(path, clock);
    await writeFile(path, 'one');
    expect(await source.token()).toBe('one');
    await writeFile(join(dir, 'next'), 'two');
    await rename(join(dir, 'next'), path);
    await clock.advance(999);
    expect(await source.token()).toBe('one');
    await clock.advance(1);
    expect(await source.token()).toBe('two');
  });

  it('is read again at once after its token was refused', async () => {
    const source = new TokenFile(path, new FakeClock());
    await writeFile(path, 'one');
    await source.token();
    await writeFile(path, 'two');
    source.refused();
    expect(await source.token()).toBe('two');
  });

  it('leaves the last token in use while it is away', async () => {
    const clock = new FakeClock();
    const source = new TokenFile(path, clock);
    await writeFile(path, 'one');
    await source.token();
    await rm(path);
    await clock.advance(5_000);
    expect(await source.token()).toBe('one');
    source.refused();
    expect(await source.token()).toBe('one');
  });

  it('that could never be read is an error that names it', async () => {
    await expect(new TokenFile(path, new FakeClock()).token()).rejects.toThrow(
      /cannot read the token file: ENOENT.*token/,
    );
  });

  it('that is empty means no token', async () => {
    await writeFile(path, '\n');
    expect(await new TokenFile(path, new FakeClock()).token()).toBe(undefined);
  });

  it('rotates the token of a client, and a refusal makes it look at once', async () => {
    await writeFile(path, 'one');
    const { client, transport } = scriptedClient(
      (request) => (request.headers['x-consul-token'] === 'two' ? reply(200, '"leader"') : reply(403, 'ACL not found')),
      { tokenFile: path },
    );
    await expect(client.status.leader()).rejects.toThrow('does not know this token');
    await writeFile(path, 'two');
    expect(await client.status.leader()).toBe('leader');
    expect(transport.requests.map((request) => request.headers['x-consul-token'])).toEqual(['one', 'two']);
  });

  it('that cannot be read fails the client’s call, not the process', async () => {
    const { client } = scriptedClient(() => reply(200, '""'), { tokenFile: path });
    await expect(client.status.leader()).rejects.toThrow(/GET \/v1\/status\/leader: cannot read the token file/);
  });
});
