import { describe, expect, it } from 'vitest';
import { CliProcess } from '../../support/cli-process.ts';
import { registryKinds } from '../../support/registries.ts';
import { useRegistry } from '../../support/shared-registry.ts';
import { until } from '../../support/until.ts';

const PORTS = ['--proxy-listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0', '--log-format', 'json'];

interface Setting {
  readonly path: string;
  readonly value: unknown;
  readonly origin: string;
}

for (const kind of registryKinds) {
  describe.skipIf(!kind.isHere)(`a sidecar on ${kind.name}`, () => {
    const registry = useRegistry(kind.start);

    const start = (...args: string[]) => new CliProcess(['run', '--consul', registry.address, ...PORTS, ...args]);

    it('takes defaults and upstreams from KV, over the files and under the flags, and shows where they came from', async () => {
      await registry.consul.kv.put('pf/one/defaults/policy', 'random');
      await registry.consul.kv.put('pf/one/upstreams/payments.yaml', 'policy: p2c\nretry: { attempts: 3 }');
      const flags = ['--set', 'kv.prefix=pf/one', '--set', 'upstreams.payments.retry.attempts=1'];
      await using sidecar = start(...flags);
      const { adminUrl } = await sidecar.ready();
      const settings = async () =>
        new Map(((await (await fetch(`${adminUrl}/v1/config`)).json()) as Setting[]).map((each) => [each.path, each]));
      const live = await until('the settings of KV', async () => {
        const now = await settings();
        return now.get('defaults.policy')?.value === 'random' && now;
      });
      expect(live.get('defaults.policy')?.origin).toBe('consul kv pf/one/defaults/policy');
      expect(live.get('upstreams.payments.policy')).toMatchObject({
        value: 'p2c',
        origin: 'consul kv pf/one/upstreams/payments.yaml',
      });
      expect(live.get('upstreams.payments.retry.attempts')).toMatchObject({ value: 1 });
      await registry.consul.kv.put('pf/one/defaults/policy', 'polcy');
      const [line] = await sidecar.written(/.*the last good ones stay.*/);
      expect(line).toContain('consul kv pf/one/defaults/policy');
      expect((await settings()).get('defaults.policy')?.value).toBe('random');
      await registry.consul.kv.put('pf/one/defaults/policy', 'peak-ewma');
      await until('the repaired ones', async () => (await settings()).get('defaults.policy')?.value === 'peak-ewma');
      // A reload keeps what KV says.
      sidecar.signal('SIGHUP');
      await sidecar.written(/(?:[\s\S]*the new configuration is in force){3}/);
      expect((await settings()).get('defaults.policy')?.value).toBe('peak-ewma');
      await registry.consul.kv.deletePrefix('pf/one/');
      await until('the default again', async () => (await settings()).get('defaults.policy')?.origin === 'default');
    });

    it('refuses settings in KV that only a file may say', async () => {
      await registry.consul.kv.put('pf/two/proxy/listen', '0.0.0.0:7700');
      await using sidecar = start('--set', 'kv.prefix=pf/two');
      await sidecar.ready();
      const [line] = await sidecar.written(/.*can be kept in KV.*/);
      expect(line).toContain('pf/two/proxy/listen');
    });

    it('serves keys to any language: bytes, JSON, versions, and no value in its log', async () => {
      await using sidecar = start('--log-level', 'debug');
      const { adminUrl } = await sidecar.ready();
      const url = (key: string) => `${adminUrl}/v1/kv/${key}`;
      expect((await fetch(url('adm/none'))).status).toBe(404);
      const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
      const put = await fetch(`${url('adm/b%20%C3%BC')}?flags=18446744073709551615`, { method: 'PUT', body: bytes });
      expect(await put.json()).toBe(true);
      const got = await fetch(url('adm/b%20%C3%BC'));
      expect(Buffer.from(await got.arrayBuffer())).toEqual(bytes);
      expect(got.headers.get('pilotfish-flags')).toBe('18446744073709551615');
      expect((await registry.consul.kv.get('adm/b ü')).value?.flags).toBe(2n ** 64n - 1n);
      expect((await fetch(`${url('adm/b%20%C3%BC')}?json`)).status).toBe(422);
      const etag = got.headers.get('etag') ?? '';
      const same = await fetch(url('adm/b%20%C3%BC'), { headers: { 'if-none-match': etag } });
      expect(same.status).toBe(304);
      const create = { method: 'PUT', body: '{"a": [1, "s3cret-value"]}' };
      expect(await (await fetch(`${url('adm/j')}?cas=0&json`, create)).json()).toBe(true);
      expect(await (await fetch(`${url('adm/j')}?cas=0`, create)).json()).toBe(false);
      expect((await fetch(url('adm/j'), { ...create, headers: { 'if-none-match': '*' } })).status).toBe(412);
      expect(await (await fetch(`${url('adm/j')}?json`)).json()).toEqual({ a: [1, 's3cret-value'] });
      expect((await fetch(`${url('adm/j')}?json`, { method: 'PUT', body: '{' })).status).toBe(400);
      expect((await fetch(`${url('adm/j')}?flags=-1`, create)).status).toBe(400);
      expect((await fetch(url('adm/large'), { method: 'PUT', body: 'x'.repeat(524_289) })).status).toBe(413);
      expect(await (await fetch(url('adm/j'), { method: 'DELETE' })).json()).toBe(true);
      expect((await fetch(url('adm/j'))).status).toBe(404);
      expect((await fetch(url('adm/j'), { headers: { origin: 'http://evil.test' } })).status).toBe(403);
      sidecar.signal('SIGTERM');
      const { stdout, stderr } = await sidecar.ended;
      expect(stdout + stderr).not.toContain('s3cret-value');
    });

    it('streams a key as server-sent events: missing, each value, and missing again', async () => {
      await using sidecar = start();
      const { adminUrl } = await sidecar.ready();
      const stop = new AbortController();
      const answer = await fetch(`${adminUrl}/v1/kv/adm/stream?watch&json`, { signal: stop.signal });
      expect(answer.headers.get('content-type')).toContain('text/event-stream');
      const seen: [string, Record<string, unknown>][] = [];
      let text = '';
      for await (const chunk of answer.body ?? []) {
        text += Buffer.from(chunk).toString();
        for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
          const [, event = '', data = '{}'] = /event: (.*)\ndata: (.*)/.exec(text.slice(0, end)) ?? [];
          text = text.slice(end + 2);
          seen.push([event, JSON.parse(data)]);
          if (seen.length === 1) await registry.consul.kv.put('adm/stream', '{"limit": 1}');
          if (seen.length === 2) await registry.consul.kv.put('adm/stream', 'plain', { flags: 7n });
          if (seen.length === 3) await registry.consul.kv.delete('adm/stream');
        }
        if (seen.length === 4) break;
      }
      stop.abort();
      expect(seen.map(([event, { value, flags }]) => [event, value, flags])).toEqual([
        ['missing', undefined, undefined],
        ['value', { limit: 1 }, '0'],
        ['value', 'plain', '7'],
        ['missing', undefined, undefined],
      ]);
    });
  });
}
