import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyPath } from '../../../src/consul/kv-key.ts';
import { foundLabel, ownerFlags, sameLabel, wantedLabels } from '../../../src/marathon/labels.ts';

const odd = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string(),
  fc.array(fc.constantFrom('a', '/', '.', '..', ' ', '\ud800', 'ü', '?', '%', '\n')).map((parts) => parts.join('')),
);

describe('any label', () => {
  it('is either stored under a key that Consul takes, from which its name comes back, or refused with a reason', () => {
    fc.assert(
      fc.property(odd, odd, (label, value) => {
        const { values, refused } = wantedLabels('my-app', new Map([[label, value]]));
        expect(values.size + refused.length).toBe(1);
        for (const [key, text] of values) {
          expect(() => keyPath(key, 'PUT')).not.toThrow();
          expect(key).toBe(`consular/my-app/${label}`);
          expect(JSON.parse(text)).toBe(value);
          const entry = { key, value: Buffer.from(text), flags: 0n, session: undefined };
          const found = foundLabel({ ...entry, createIndex: 1, modifyIndex: 1, lockIndex: 0 });
          expect(found?.name).toBe('my-app');
        }
        for (const { problem } of refused) expect(problem.length).toBeGreaterThan(20);
      }),
    );
  });

  it('is the same as Python’s JSON of it, and as no other', () => {
    const escaped = (text: string) =>
      JSON.stringify(text).replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (value, other) => {
        expect(sameLabel(Buffer.from(escaped(value)), JSON.stringify(value))).toBe(true);
        expect(sameLabel(Buffer.from(escaped(other)), JSON.stringify(value))).toBe(value === other);
      }),
    );
    expect(sameLabel(Buffer.from('no JSON'), '"no JSON"')).toBe(false);
  });

  it('of two bridges has two owners, and none is nobody', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        expect(ownerFlags(a)).not.toBe(0n);
        expect(ownerFlags(a) === ownerFlags(b)).toBe(a === b);
      }),
    );
  });
});
