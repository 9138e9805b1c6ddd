import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Certificates } from '../../../src/app/certificates.ts';
import type { Config } from '../../../src/app/config.ts';
import { DEFAULT_CONFIG } from '../../../src/app/default-config.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const pem = (name: string) => new URL(`../../support/listener-tls/${name}.pem`, import.meta.url);

let dir: string;
let heard: string[];
let clock: FakeClock;
let certificates: Certificates;
let end: () => Promise<void>;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'pilotfish-certificates-'));
  heard = [];
  clock = new FakeClock();
  await copyFile(pem('one'), join(dir, 'cert.pem'));
  await copyFile(pem('one-key'), join(dir, 'key.pem'));
  await copyFile(pem('one'), join(dir, 'ca.pem'));
  const config: Config = {
    ...DEFAULT_CONFIG,
    proxy: { ...DEFAULT_CONFIG.proxy, tls: { cert: join(dir, 'cert.pem'), key: join(dir, 'key.pem') } },
    upstreams: { far: { tls: { ca: join(dir, 'ca.pem') } } },
  };
  certificates = new Certificates({ atStart: config, current: () => config, clock });
  certificates.read(config);
  const ended = new AbortController();
  const running = certificates.run(
    ended.signal,
    async () => void heard.push('changed'),
    (error) => heard.push(String(error)),
  );
  end = async () => {
    ended.abort();
    await running.catch(() => undefined);
  };
});
afterEach(async () => {
  await end();
  await rm(dir, { recursive: true });
});

const looks = () => clock.advance(10_000);

it('a file with other content is noticed within ten seconds, once', async () => {
  await looks();
  expect(heard).toEqual([]);
  await copyFile(pem('two'), join(dir, 'ca.pem'));
  await looks();
  await looks();
  expect(heard).toEqual(['changed']);
});

it('a pair that is written one after the other is told of as a problem once, and taken once it fits', async () => {
  await copyFile(pem('two'), join(dir, 'cert.pem'));
  await looks();
  await looks();
  expect(heard).toEqual([expect.stringContaining('proxy.tls: the certificate and its key cannot be used')]);
  await copyFile(pem('two-key'), join(dir, 'key.pem'));
  await looks();
  expect(heard.slice(1)).toEqual(['changed']);
});

it('a file that comes back as it was is no change', async () => {
  await writeFile(join(dir, 'key.pem'), '');
  await looks();
  await copyFile(pem('one-key'), join(dir, 'key.pem'));
  await looks();
  expect(heard).toEqual([expect.stringContaining('holds no PEM block')]);
});
