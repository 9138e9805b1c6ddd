import { describe, expect, it } from 'vitest';
import { parseConfigText } from '../../../src/app/config-file.ts';
import { configJsonSchema } from '../../../src/app/config-json-schema.ts';
import { effectiveSettings } from '../../../src/app/effective-settings.ts';
import { loadConfig } from '../../../src/app/load-config.ts';

describe('the JSON Schema of the configuration', () => {
  it('asks only for what has no default', () => {
    const { required, properties } = configJsonSchema();
    expect(required).toBeUndefined();
    expect(properties?.service?.required).toEqual(['name', 'port']);
    expect(properties?.consul?.required).toBeUndefined();
  });

  it('carries meaning and default of a setting', () => {
    const listen = configJsonSchema().properties?.proxy?.properties?.listen;
    expect(listen).toMatchObject({ default: '127.0.0.1:7700', description: expect.stringContaining('unix:///path') });
  });

  it('allows no unknown key', () => {
    expect(configJsonSchema()).toMatchObject({ additionalProperties: false });
  });
});

describe('the effective settings', () => {
  it('tell value and origin, and never a secret', () => {
    const loaded = loadConfig([parseConfigText('consul:\n  token: s3cret\n  wait: 1m\n', 'a.yaml')]);
    const settings = effectiveSettings(loaded);
    expect(settings).toContainEqual({ path: 'consul.token', value: '(hidden)', origin: 'a.yaml:2:10' });
    expect(settings).toContainEqual({ path: 'consul.wait', value: '1m', origin: 'a.yaml:3:9' });
    expect(settings).toContainEqual({ path: 'proxy.workers', value: 1, origin: 'default' });
    expect(JSON.stringify(settings)).not.toContain('s3cret');
  });
});
