import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../src/app/config-error.ts';
import { parseConfigText } from '../../../src/app/config-file.ts';
import { consulEnvironmentLayer } from '../../../src/app/consul-environment.ts';
import { consulClientOptions } from '../../../src/app/consul-parts.ts';
import { loadConfig } from '../../../src/app/load-config.ts';

const load = (environment: Record<string, string>, text = '') =>
  loadConfig([parseConfigText(text, 'a.yaml'), consulEnvironmentLayer(environment)]);

describe('the variables of Consul’s command line', () => {
  it('set the settings of the consul section, and say so', () => {
    const { config, originOf } = load({
      CONSUL_HTTP_ADDR: '10.0.0.1:8501',
      CONSUL_HTTP_SSL: 'true',
      CONSUL_DATACENTER: 'dc2',
    });
    expect(config.consul).toMatchObject({ address: 'https://10.0.0.1:8501', datacenter: 'dc2' });
    expect(originOf(['consul', 'address'])).toBe('env CONSUL_HTTP_ADDR');
  });

  it('take the older CONSUL_HOST where CONSUL_HTTP_ADDR is not said', () => {
    expect(load({ CONSUL_HOST: 'consul.test' }).config.consul.address).toBe('http://consul.test:8500');
  });

  it('put a token before the token file of a file', () => {
    for (const others of [{}, { CONSUL_HTTP_ADDR: '10.0.0.1:8500' }]) {
      const { config } = load({ ...others, CONSUL_HTTP_TOKEN: 't' }, 'consul: { tokenFile: /run/token }');
      expect(config.consul).toMatchObject({ token: 't' });
      expect(config.consul.tokenFile).toBeUndefined();
    }
  });

  it('are refused when Consul would refuse them, or worse, misread them', () => {
    expect(() => load({ CONSUL_HTTP_SSL_VERIFY: 'maybe' })).toThrow(/environment: CONSUL_HTTP_SSL_VERIFY: "maybe"/);
    expect(() => load({ CONSUL_HTTP_TOKEN_FILE: '/nonexistent' })).toThrow(ConfigError);
  });
});

describe('the options of the Consul client', () => {
  it('follow the configuration', () => {
    const { config } = load({}, 'consul: { wait: 1m, consistency: stale, namespace: team }');
    expect(consulClientOptions(config.consul)).toMatchObject({
      waitMs: 60_000,
      consistency: 'stale',
      namespace: 'team',
    });
    expect(consulClientOptions(load({}).config.consul).consistency).toBeUndefined();
  });

  it('name the file that holds no certificate', () => {
    const { config } = load({}, 'consul: { tls: { ca: /nonexistent.pem } }');
    expect(() => consulClientOptions(config.consul)).toThrow(/\/nonexistent\.pem: consul\.tls\.ca: cannot be read/);
  });
});
