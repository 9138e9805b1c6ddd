import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CliProcess } from '../../support/cli-process.ts';

const PORTS = ['--proxy-listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0'];

describe('pilotfish refuses', () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'pilotfish-cli-'));
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  const withFile = async (text: string, ...args: string[]) => {
    const file = join(dir, 'pilotfish.yaml');
    await writeFile(file, text);
    return await CliProcess.run([...args, '-c', file], { cwd: dir });
  };

  it.each([
    ['no YAML', 'service: [', /pilotfish\.yaml:1:\d+: not valid YAML/],
    [
      'an unknown key',
      'upstreams:\n  a:\n    polcy: x',
      /pilotfish\.yaml:3:5: upstreams\.a\.polcy: unknown key \(did you mean "policy"\?\)/,
    ],
    ['a wrong type', 'service: { name: orders, port: http }', /pilotfish\.yaml:1:32: service\.port: expected a port/],
    ['a missing setting', 'service: { name: orders }', /service\.port: is missing/],
    [
      'a wrong unit',
      'defaults: { timeouts: { connect: 1 } }',
      /expected a duration such as 250ms, 10s, 5m or 1h, got 1/,
    ],
  ])('a configuration with %s, with exit code 3 and its place', async (_, text, message) => {
    const { code, stderr } = await withFile(text, 'run', ...PORTS);
    expect(stderr).toMatch(message);
    expect(code).toBe(3);
  });

  it('a configuration that cannot be read', async () => {
    const { code, stderr } = await CliProcess.run(['run', '-c', join(dir, 'absent.yaml')]);
    expect(stderr).toMatch(/absent\.yaml: cannot be read: ENOENT/);
    expect(code).toBe(3);
  });

  it('a certificate that cannot be read', async () => {
    const { code, stderr } = await CliProcess.run(['run', ...PORTS, '--set', 'consul.tls.ca=/nonexistent.pem']);
    expect(stderr).toMatch(/\/nonexistent\.pem: consul\.tls\.ca: cannot be read/);
    expect(code).toBe(3);
  });

  it('an unknown command and an unknown flag, with exit code 2 and what was meant', async () => {
    const command = await CliProcess.run(['rnu']);
    expect([command.code, command.stderr]).toEqual([2, expect.stringContaining('Did you mean run?')]);
    const flag = await CliProcess.run(['run', '--prot', '1']);
    expect([flag.code, flag.stderr]).toEqual([2, expect.stringContaining('Did you mean --port?')]);
  });

  it('a port that is taken, with its name and the remedy', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const address = taken.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const { code, stderr } = await CliProcess.run([
      'run',
      '--proxy-listen',
      `127.0.0.1:${port}`,
      '--admin-listen',
      '127.0.0.1:0',
    ]);
    taken.close();
    expect(stderr).toMatch(
      new RegExp(`proxy\\.listen 127\\.0\\.0\\.1:${port}: .*EADDRINUSE.*; choose another address`),
    );
    expect(code).toBe(1);
  });

  it('an app that cannot be started', async () => {
    const { code, stderr } = await CliProcess.run(['run', ...PORTS, '--', '/nonexistent/app']);
    expect(stderr).toMatch(/cannot start the app "\/nonexistent\/app": .*ENOENT/);
    expect(code).toBe(1);
  });

  it('port 0 without an app to give it to', async () => {
    const { code, stderr } = await CliProcess.run(['run', ...PORTS, '--name', 'orders', '--port', '0']);
    expect(stderr).toContain('service.port');
    expect(code).toBe(3);
  });
});

describe('config', () => {
  it('validate says nothing on standard output, and exits 0 when all is well', async () => {
    const { code, stdout, stderr } = await CliProcess.run(['config', 'validate', '--name', 'orders', '--port', '80']);
    expect([code, stdout, stderr]).toEqual([0, '', 'the configuration is valid\n']);
  });

  it('show -o json tells where each value came from', async () => {
    const { stdout } = await CliProcess.run(['config', 'show', '-o', 'json', '--port', '80'], {
      env: { SERVICE_NAME: 'orders' },
    });
    const settings = JSON.parse(stdout) as unknown[];
    expect(settings).toContainEqual({ path: 'service.name', value: 'orders', origin: 'env SERVICE_NAME' });
    expect(settings).toContainEqual({ path: 'service.port', value: 80, origin: '--port' });
    expect(settings).toContainEqual({ path: 'proxy.listen', value: '127.0.0.1:7700', origin: 'default' });
  });

  it('schema prints a JSON Schema', async () => {
    const { code, stdout } = await CliProcess.run(['config', 'schema']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ $schema: 'https://json-schema.org/draft/2020-12/schema' });
  });

  it('version prints the version', async () => {
    expect((await CliProcess.run(['version'])).stdout).toMatch(/^pilotfish \d+\.\d+\.\d+ \(node v\d+/);
  });
});
