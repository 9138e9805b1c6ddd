import { expect, it } from 'vitest';
import { parseConfigText } from '../../../src/app/config-file.ts';
import { effectiveSettings } from '../../../src/app/effective-settings.ts';
import { loadConfig } from '../../../src/app/load-config.ts';

const settingsOf = (text: string) => effectiveSettings(loadConfig([parseConfigText(text, 'pilotfish.yaml')]));

it('every effective setting comes with its value and its origin', () => {
  const settings = settingsOf('proxy: { workers: 2 }');
  expect(settings).toContainEqual({ path: 'proxy.workers', value: 2, origin: 'pilotfish.yaml:1:19' });
  expect(settings).toContainEqual({ path: 'admin.listen', value: '127.0.0.1:7701', origin: 'default' });
});

it.each([
  ['a token', 'consul: { token: s3cret }', 'consul.token'],
  ['a password', 'consul: { auth: "me:s3cret" }', 'consul.auth'],
  [
    'a header of a check',
    'service: { name: a, port: 1, check: { http: /, headers: { Authorization: s3cret } } }',
    'service.check.headers.Authorization',
  ],
  [
    'a header of one of several checks',
    'service: { name: a, port: 1, checks: [{ http: /, headers: { Cookie: s3cret } }] }',
    'service.checks',
  ],
])('%s is not among them', (_what, text, path) => {
  const settings = settingsOf(text);
  expect(settings.map((setting) => setting.path)).toContain(path);
  expect(JSON.stringify(settings)).not.toContain('s3cret');
  expect(JSON.stringify(settings)).toContain('(hidden)');
});

it('a header of a check is not in the error about the check either', () => {
  const text = 'service: { name: a, port: 1, check: { headers: { Authorization: s3cret } } }';
  expect(() => settingsOf(text)).toThrow(/exactly one of http, tcp, ttl, grpc/);
  expect(() => settingsOf(text)).not.toThrow(/s3cret/);
});
