import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ConsulClient } from '../../../src/consul/consul-client.ts';
import { CliProcess } from '../../support/cli-process.ts';
import { registryKinds } from '../../support/registries.ts';
import { useRegistry } from '../../support/shared-registry.ts';
import { until } from '../../support/until.ts';

const MAIN = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url));

for (const kind of registryKinds) {
  describe.skipIf(!kind.isHere)(`pilotfish kv on ${kind.name}`, () => {
    const registry = useRegistry(kind.start);
    let consul: ConsulClient;
    let folder: string;

    beforeAll(() => {
      consul = registry.consul;
      folder = mkdtempSync(join(tmpdir(), 'pilotfish-kv-'));
    });

    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    const env = () => ({ CONSUL_HTTP_ADDR: registry.address });
    const kv = (...args: string[]) => CliProcess.run(['kv', ...args], { env: env(), cwd: folder });
    /** With bytes on standard input, and bytes out. */
    const piped = (args: readonly string[], input: Buffer | string = ''): Promise<Buffer> =>
      new Promise((resolve, reject) => {
        const options = { env: { ...process.env, ...env() }, cwd: folder, encoding: 'buffer' } as const;
        const child = execFile(process.execPath, [MAIN, 'kv', ...args], options, (error, stdout) =>
          error === null ? resolve(stdout) : reject(error),
        );
        child.stdin?.end(input);
      });

    it('puts, gets, lists and deletes; bytes go through pipes as they are', async () => {
      expect(await kv('put', 'cli/a', '5432', '--flags', '18446744073709551615')).toMatchObject({
        code: 0,
        stdout: '',
      });
      expect(await kv('get', 'cli/a')).toMatchObject({ code: 0, stdout: '5432' });
      const { stdout } = await kv('get', 'cli/a', '-o', 'json');
      expect(JSON.parse(stdout)).toMatchObject({ key: 'cli/a', value: '5432', flags: '18446744073709551615' });
      const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
      await piped(['put', 'cli/b', '-'], bytes);
      expect(await piped(['get', 'cli/b'])).toEqual(bytes);
      expect(await kv('list', 'cli/')).toMatchObject({ stdout: 'cli/a\ncli/b\n' });
      expect(JSON.parse((await kv('list', 'cli/', '-o', 'json')).stdout)).toEqual(['cli/a', 'cli/b']);
      expect(await kv('put', 'cli/a', 'x', '--cas', '0')).toMatchObject({ code: 1, stdout: '' });
      expect(await kv('put', 'cli/a', 'x', '--cas', 'one')).toMatchObject({ code: 2 });
      expect(await kv('delete', 'cli/', '--recurse')).toMatchObject({ code: 0 });
      const none = await kv('get', 'cli/a');
      expect(none.code).toBe(1);
      expect(none.stderr).toContain('there is no key cli/a');
    });

    it('exports what it imports, byte for byte', async () => {
      const archive = `[\n\t{\n\t\t"key": "moved/a",\n\t\t"flags": 18446744073709551615,\n\t\t"value": "AP8="\n\t}\n]\n`;
      await piped(['import', '-'], archive);
      expect((await piped(['export', 'moved/'])).toString()).toBe(archive);
      const file = join(folder, 'broken.json');
      writeFileSync(file, '{');
      expect((await kv('import', file)).stderr).toContain('this is no archive of keys');
      expect(await kv('import', join(folder, 'none.json'))).toMatchObject({ code: 1 });
    });

    it('renders once, as JSON and as an environment that a shell and Node read alike', async () => {
      const hard = ['plain', 'two words', '$HOME `x` "y"', 'back\\slash', 'line\nbreak', "it's", '5432', ''];
      await consul.kv.deletePrefix('once/');
      for (const [index, value] of hard.entries()) await consul.kv.put(`once/v${index}`, JSON.stringify(value));
      const json = await kv('watch', 'once', '--template', 'json', '--once');
      expect(JSON.parse(json.stdout)).toEqual(Object.fromEntries(hard.map((value, index) => [`v${index}`, value])));
      const file = join(folder, 'once.env');
      await kv('watch', 'once', '--template', '.env', '--out', file, '--once');
      expect(statSync(file).mode & 0o777).toBe(0o600);
      const print = hard.map((_, index) => `"$V${index}"`).join(' ');
      const shell = spawnSync('sh', ['-c', `. "${file}"; printf '%s\\0' ${print}`], { encoding: 'utf8' });
      expect(shell.stdout.split('\0').slice(0, -1)).toEqual(hard);
      expect(Object.values(parseEnv(readFileSync(file, 'utf8')))).toEqual(hard);
    });

    it('keeps a file up to date, tells a program, and leaves both alone when nothing changed', async () => {
      await consul.kv.deletePrefix('live/');
      await consul.kv.put('live/application/port', '80');
      const [template, file, log] = [join(folder, 'a.tpl'), join(folder, 'a.conf'), join(folder, 'a.log')];
      writeFileSync(template, 'listen {{ key "host" "localhost" }}:{{ key "port" }}\n');
      writeFileSync(log, '');
      const args = ['--template', template, '--out', file, '--exec', `cat ${file} >> ${log}`];
      await using watching = new CliProcess(['kv', 'watch', 'live', '--app', 'web', ...args], { env: env() });
      const logged = (lines: string) => until(lines, async () => readFileSync(log, 'utf8') === lines);
      await logged('listen localhost:80\n');
      await consul.kv.put('live/web/host', 'a');
      await logged('listen localhost:80\nlisten a:80\n');
      await consul.kv.put('live/web/unused', 'x');
      await consul.kv.delete('live/application/port');
      const [note] = await watching.written(/.*there is no key port, and no default.*/);
      expect(note).toContain('a.tpl:1');
      expect(readFileSync(file, 'utf8')).toBe('listen a:80\n');
      await consul.kv.put('live/web/port', '81');
      await logged('listen localhost:80\nlisten a:80\nlisten a:81\n');
      watching.signal('SIGTERM');
      expect((await watching.ended).code).toBe(0);
    });

    it('takes a module as a template, and prints changes without one', async () => {
      await consul.kv.deletePrefix('mod/');
      await consul.kv.put('mod/servers/a', '1');
      const module = join(folder, 'render.ts');
      writeFileSync(
        module,
        'export function render(config: { servers: object }): string { return Object.keys(config.servers).join(); }',
      );
      expect(await kv('watch', 'mod', '--template', module, '--once')).toMatchObject({ code: 0, stdout: 'a' });
      await using watching = new CliProcess(['kv', 'watch', 'mod'], { env: env() });
      await watching.written(/servers\.a 1\n/);
      await consul.kv.put('mod/x.y', 'z');
      await watching.written(/x\.y "z"\n/);
      await consul.kv.delete('mod/servers/a');
      await watching.written(/servers\.a \(gone\)\n/);
    });

    it('says what is wrong with a template or its flags before it does anything', async () => {
      expect(await kv('watch', 'x', '--out', 'y')).toMatchObject({ code: 2 });
      const none = await kv('watch', 'x', '--template', 'none.tpl', '--once');
      expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('cannot be read')]);
      const failing = await kv('watch', 'x', '--template', 'json', '--once', '--exec', 'exit 3');
      expect([failing.code, failing.stderr]).toEqual([1, expect.stringContaining('ended with 3')]);
    });
  });
}

it('without Consul a command on KV ends with 4', async () => {
  const result = await CliProcess.run(['kv', 'get', 'a', '--consul', 'http://127.0.0.1:1']);
  expect(result.code).toBe(4);
});
