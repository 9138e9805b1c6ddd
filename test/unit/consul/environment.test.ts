import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseConsulAddress } from '../../../src/consul/consul-address.ts';
import { ConsulClient } from '../../../src/consul/consul-client.ts';
import { consulEnvironment } from '../../../src/consul/environment.ts';

const dir = mkdtempSync(join(tmpdir(), 'pilotfish-env-'));
afterAll(() => rmSync(dir, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(dir, name);
  writeFileSync(path, text);
  return path;
}

describe('the environment', () => {
  it('sets nothing when it is empty, and empty variables count as not set', () => {
    expect(consulEnvironment({})).toEqual({});
    expect(consulEnvironment({ CONSUL_HTTP_ADDR: '', CONSUL_HTTP_TOKEN: '', CONSUL_HTTP_SSL: '' })).toEqual({});
  });

  it.each([
    ['10.0.0.1:8501', 'http://10.0.0.1:8501'],
    ['consul.local', 'http://consul.local:8500'],
    ['http://10.0.0.1', 'http://10.0.0.1:8500'],
    ['http://10.0.0.1:80', 'http://10.0.0.1:80'],
    ['https://consul.local', 'https://consul.local:443'],
    ['https://consul.local:8501/', 'https://consul.local:8501'],
    ['[::1]:8500', 'http://[::1]:8500'],
    ['unix:///var/run/consul.sock', 'unix:///var/run/consul.sock'],
  ])('takes CONSUL_HTTP_ADDR=%s as %s', (text, address) => {
    expect(consulEnvironment({ CONSUL_HTTP_ADDR: text }).address).toBe(address);
    expect(new ConsulClient({ address: text }).address).toBe(address);
  });

  it('makes Host localhost for a unix socket', () => {
    expect(parseConsulAddress('unix:///a.sock')).toMatchObject({
      host: 'localhost',
      socketPath: '/a.sock',
      scheme: 'http',
    });
  });

  it.each(['ftp://x', 'http://', 'unix://', 'http://a/b', 'http://u:p@a', 'a b', 'http://a:99999'])(
    'names the variable when CONSUL_HTTP_ADDR=%s is no address',
    (text) => {
      expect(() => consulEnvironment({ CONSUL_HTTP_ADDR: text })).toThrow(/^CONSUL_HTTP_ADDR: /);
    },
  );

  it('does not repeat a password that was put into the address', () => {
    expect(() => consulEnvironment({ CONSUL_HTTP_ADDR: 'http://u:hunter2@a' })).toThrow(/^(?!.*hunter2)/);
  });

  it('takes the older CONSUL_HOST when there is no CONSUL_HTTP_ADDR', () => {
    expect(consulEnvironment({ CONSUL_HOST: 'consul' }).address).toBe('http://consul:8500');
    expect(consulEnvironment({ CONSUL_HOST: 'a', CONSUL_HTTP_ADDR: 'b' }).address).toBe('http://b:8500');
  });

  it('lets CONSUL_HTTP_SSL=true beat http://, and false not weaken https://', () => {
    const ssl = (CONSUL_HTTP_SSL: string, CONSUL_HTTP_ADDR?: string) =>
      consulEnvironment({ CONSUL_HTTP_SSL, CONSUL_HTTP_ADDR }).address;
    expect(ssl('true', 'http://a:1')).toBe('https://a:1');
    expect(ssl('1')).toBe('https://127.0.0.1:8500');
    expect(ssl('false', 'https://a:1')).toBe('https://a:1');
    expect(ssl('0', 'http://a:1')).toBe('http://a:1');
    expect(ssl('true', 'unix:///a')).toBe('unix:///a');
    expect(() => ssl('yes', 'http://a:1')).toThrow('CONSUL_HTTP_SSL: "yes" is neither true nor false');
  });

  it('lets the token file beat the token, and refuses one that cannot be read', () => {
    const tokenFile = file('token', '  from-file\n');
    expect(consulEnvironment({ CONSUL_HTTP_TOKEN: 't' })).toEqual({ token: 't' });
    expect(consulEnvironment({ CONSUL_HTTP_TOKEN: 't', CONSUL_HTTP_TOKEN_FILE: tokenFile })).toEqual({ tokenFile });
    expect(() => consulEnvironment({ CONSUL_HTTP_TOKEN: 't', CONSUL_HTTP_TOKEN_FILE: join(dir, 'none') })).toThrow(
      /^CONSUL_HTTP_TOKEN_FILE: .*ENOENT/,
    );
  });

  it('passes CONSUL_HTTP_AUTH on whole: the user ends at the first colon', () => {
    expect(consulEnvironment({ CONSUL_HTTP_AUTH: 'user:pass:word' }).auth).toBe('user:pass:word');
  });

  it('reads the certificate authorities of a file or a directory', () => {
    const ca = file('ca.pem', 'CA');
    mkdirSync(join(dir, 'cas', 'below'), { recursive: true });
    mkdirSync(join(dir, 'empty'));
    file('cas/a.pem', 'A');
    file('cas/b.pem', 'B');
    expect(consulEnvironment({ CONSUL_CACERT: ca }).tls?.ca).toEqual(['CA']);
    expect([...(consulEnvironment({ CONSUL_CAPATH: join(dir, 'cas') }).tls?.ca ?? [])].sort()).toEqual(['A', 'B']);
    expect(consulEnvironment({ CONSUL_CACERT: ca, CONSUL_CAPATH: join(dir, 'cas') }).tls?.ca).toEqual(['CA']);
    expect(() => consulEnvironment({ CONSUL_CACERT: join(dir, 'none') })).toThrow(/^CONSUL_CACERT: .*ENOENT/);
    expect(() => consulEnvironment({ CONSUL_CAPATH: join(dir, 'none') })).toThrow(/^CONSUL_CAPATH: .*ENOENT/);
    expect(() => consulEnvironment({ CONSUL_CAPATH: join(dir, 'empty') })).toThrow(/CONSUL_CAPATH: .*no certificates/);
  });

  it('wants client certificate and key both or neither', () => {
    const [cert, key] = [file('cert.pem', 'CERT'), file('key.pem', 'KEY')];
    expect(consulEnvironment({ CONSUL_CLIENT_CERT: cert, CONSUL_CLIENT_KEY: key }).tls).toEqual({
      cert: 'CERT',
      key: 'KEY',
    });
    expect(() => consulEnvironment({ CONSUL_CLIENT_CERT: cert })).toThrow(/^CONSUL_CLIENT_KEY: .*go together/);
    expect(() => consulEnvironment({ CONSUL_CLIENT_KEY: key })).toThrow(/^CONSUL_CLIENT_CERT: .*go together/);
  });

  it('switches certificate checks off only for a clear no', () => {
    const verify = (text: string) => consulEnvironment({ CONSUL_HTTP_SSL_VERIFY: text }).tls?.verify;
    expect(['0', 'f', 'F', 'false', 'False', 'FALSE'].map(verify)).toEqual(Array(6).fill(false));
    expect(['1', 't', 'T', 'true', 'True', 'TRUE'].map(verify)).toEqual(Array(6).fill(true));
    expect(verify('')).toBe(undefined);
    for (const junk of ['no', 'off', 'fALSE', ' false', '2']) {
      expect(() => verify(junk)).toThrow(/^CONSUL_HTTP_SSL_VERIFY: /);
    }
  });

  it('passes server name, datacenter, namespace and partition on', () => {
    expect(
      consulEnvironment({
        CONSUL_TLS_SERVER_NAME: 'server.dc1.consul',
        CONSUL_DATACENTER: 'dc2',
        CONSUL_NAMESPACE: 'team',
        CONSUL_PARTITION: 'part',
      }),
    ).toEqual({ tls: { serverName: 'server.dc1.consul' }, datacenter: 'dc2', namespace: 'team', partition: 'part' });
  });
});
