import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../src/app/config-error.ts';
import { parseConfigText } from '../../../src/app/config-file.ts';
import { loadConfig } from '../../../src/app/load-config.ts';
import { durationMs, share, sizeBytes } from '../../../src/app/units.ts';

describe('units', () => {
  it('mean what they say', () => {
    expect(['250ms', '10s', '5m', '1h', '0s', '1.5s'].map(durationMs)).toEqual([
      250, 10_000, 300_000, 3_600_000, 0, 1500,
    ]);
    expect(['512B', '64KiB', '1MiB', '2GiB'].map(sizeBytes)).toEqual([512, 65_536, 1_048_576, 2_147_483_648]);
    expect(['0%', '0.5%', '20%', '100%'].map(share)).toEqual([0, 0.005, 0.2, 1]);
  });

  it('grow with the number', () => {
    fc.assert(
      fc.property(fc.nat(1e6), fc.constantFrom('ms', 's', 'm', 'h'), (count, unit) => {
        expect(durationMs(`${count + 1}${unit}`)).toBeGreaterThan(durationMs(`${count}${unit}`));
      }),
    );
  });
});

describe('any text at all', () => {
  it('is a configuration or a ConfigError, never another failure', () => {
    const yamlish = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.json().map(String),
      fc
        .array(
          fc.constantFrom('service', 'upstreams', ': ', '{', '}', '[', ']', '\n  ', '- ', '&a ', '*a', '"', '1', 'a'),
        )
        .map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(yamlish, (text) => {
        try {
          loadConfig([parseConfigText(text, 'any.yaml')]);
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigError);
        }
      }),
      { numRuns: 500 },
    );
  });
});
