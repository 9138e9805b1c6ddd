import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, type CommanderError } from 'commander';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type MarathonFlags,
  type MarathonSettings,
  marathonSettings,
} from '../../../src/app/marathon/marathon-settings.ts';
import { addMarathonFlags, applyEnvironment } from '../../../src/cli/marathon-flags.ts';

type Environment = Readonly<Record<string, string>>;

function flagsOf(args: readonly string[], environment: Environment = {}): MarathonFlags {
  const command = addMarathonFlags(new Command('marathon'))
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  command.parse(args, { from: 'user' });
  applyEnvironment(command, environment);
  return command.opts<MarathonFlags>();
}

function settingsOf(args: readonly string[], environment: Environment = {}): MarathonSettings {
  return marathonSettings(flagsOf(args, environment), environment);
}

function usageError(args: readonly string[], environment: Environment = {}): string {
  try {
    flagsOf(args, environment);
  } catch (error) {
    expect((error as CommanderError).exitCode).toBe(1);
    return (error as CommanderError).message;
  }
  throw new Error('no error');
}

describe('the flags of pilotfish marathon', () => {
  it('have Consular’s names and defaults', () => {
    expect(settingsOf([])).toMatchObject({
      listen: { host: 'localhost', port: 7000 },
      advertised: { scheme: 'http', host: 'localhost', port: 7000 },
      consul: { address: 'http://localhost:8500', timeoutMs: 5000 },
      marathon: { addresses: ['http://localhost:8080'], timeoutMs: 5000 },
      bridge: {
        registrationId: 'consular',
        syncIntervalMs: undefined,
        purge: false,
        fallback: false,
        fallbackTimeoutMs: 2000,
        maxPurge: 0.5,
      },
    });
  });

  it('take a whole command line of Consular’s', () => {
    const line =
      '--scheme https --host 10.0.0.7 --port 7001 --consul http://consul:8501 --marathon http://marathon:8081 --registration-id prod --sync-interval 300 --purge --logfile - --debug --timeout 7 --fallback --fallback-timeout 3';
    expect(settingsOf(line.split(' '))).toMatchObject({
      listen: { host: '10.0.0.7', port: 7001 },
      advertised: { scheme: 'https', host: '10.0.0.7', port: 7001 },
      consul: { address: 'http://consul:8501', timeoutMs: 7000 },
      marathon: { addresses: ['http://marathon:8081'], timeoutMs: 7000 },
      bridge: { registrationId: 'prod', syncIntervalMs: 300_000, purge: true, fallback: true, fallbackTimeoutMs: 3000 },
    });
    expect(settingsOf(['--no-purge', '--no-fallback', '--no-debug'])).toMatchObject({
      bridge: { purge: false, fallback: false },
    });
  });

  it('take several addresses of Marathon, repeated or with commas, also without a scheme', () => {
    const { marathon } = settingsOf([
      '--marathon',
      'http://a:8080/,b:8080',
      '--marathon',
      'https://c/service/marathon',
    ]);
    expect(marathon.addresses).toEqual(['http://a:8080', 'http://b:8080', 'https://c/service/marathon']);
  });

  it('are stood in for by variables, and win over them', () => {
    const environment = {
      PILOTFISH_MARATHON_URL: 'a:8080,b:8080',
      PILOTFISH_MARATHON_PURGE: 'true',
      PILOTFISH_MARATHON_ELECT: 'no',
      PILOTFISH_MARATHON_MAX_PURGE: '20%',
      PILOTFISH_MARATHON_REGISTRATION_ID: 'from-variable',
      PILOTFISH_MARATHON_SYNC_INTERVAL: '',
      CONSUL_HTTP_ADDR: 'consul:8500',
      CONSUL_HTTP_TOKEN: 'secret',
    };
    const settings = settingsOf(['--registration-id', 'from-flag'], environment);
    expect(settings).toMatchObject({
      marathon: { addresses: ['http://a:8080', 'http://b:8080'] },
      elect: false,
      bridge: { registrationId: 'from-flag', purge: true, maxPurge: 0.2, syncIntervalMs: undefined },
      consul: { address: 'http://consul:8500', token: 'secret' },
    });
    expect(settingsOf(['--no-purge', '--consul', 'http://other:8500', '--token', 'mine'], environment)).toMatchObject({
      bridge: { purge: false },
      consul: { address: 'http://other:8500', token: 'mine' },
    });
  });

  it('advertise another address than the one listened at', () => {
    expect(settingsOf(['--advertise', 'bridge.example']).advertised).toEqual({
      scheme: 'http',
      host: 'bridge.example',
      port: 7000,
    });
    expect(settingsOf(['--advertise', '[fd00::1]:80', '--port', '0']).advertised).toMatchObject({
      host: '[fd00::1]',
      port: 80,
    });
    expect(settingsOf(['--port', '0']).advertised.port).toBeUndefined();
  });

  it.each([
    [['--port', '70000'], /'--port <port>' argument '70000' is invalid/],
    [['--sync-interval', 'often'], /number of seconds/],
    [['--timeout', '0'], /above 0/],
    [['--max-purge', '150%'], /0% to 100%/],
    [['--max-purge', '0.5'], /0% to 100%/],
    [['--marathon', 'ftp://x'], /http:\/\/host:port/],
    [['--marathon', 'http://user:pass@x'], /--marathon-auth/],
    [['--registration-id', ''], /1 to 128 characters/],
    [['--registration-id', 'a/b'], /slash/],
    [['--events', 'telepathy'], /Allowed choices are sse, callback, both/],
    [['--advertise', 'http://x'], /host or host:port/],
    [['--marathon-auth', 'user'], /user:password/],
    [['--consul', 'ftp://x'], /consul/],
    [['--bogus'], /unknown option/],
    [['--token', 'a', '--token-file', 'b'], /cannot be used with/],
    [['--marathon-token', 'a', '--marathon-auth', 'b:c'], /cannot be used with/],
  ])('refuse %j', (args, message) => {
    expect(usageError(args)).toMatch(message);
  });

  it('name the variable whose value is none', () => {
    expect(usageError([], { PILOTFISH_MARATHON_PORT: 'x' })).toMatch(/env PILOTFISH_MARATHON_PORT value 'x'/);
    expect(usageError([], { PILOTFISH_MARATHON_PURGE: 'maybe' })).toMatch(/true or false/);
  });

  describe('with files', () => {
    let dir = '';
    beforeEach(() => {
      dir = mkdtempSync(join(tmpdir(), 'pilotfish-flags-'));
    });
    afterEach(() => rmSync(dir, { recursive: true }));

    it('read the DC/OS token from one, and say which cannot be read', () => {
      const file = join(dir, 'token');
      writeFileSync(file, 'abc\n');
      expect(settingsOf(['--marathon-token-file', file]).marathon.token).toBe('abc');
      expect(() => settingsOf(['--marathon-token-file', join(dir, 'none')])).toThrow(/--marathon-token-file: .*ENOENT/);
      expect(() => settingsOf(['--marathon-cert', file])).toThrow(/go together/);
      expect(() => settingsOf(['--marathon-ca', file])).toThrow(/PEM/);
    });
  });
});
