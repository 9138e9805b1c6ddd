import { describe, expect, it } from 'vitest';
import { StaticSource } from '../../../src/discovery/static-source.ts';
import { consume } from '../../support/discovery-source.ts';
import { settle } from '../../support/fake-clock.ts';

describe('a fixed list', () => {
  it('is yielded once, is confirmed, and ends when it is left', async () => {
    const seen = consume(new StaticSource(['10.0.0.1:80', 'db.internal:5432', '10.0.0.1:80']));
    await settle();
    expect(seen.sets).toHaveLength(1);
    expect(seen.latest).toMatchObject({
      origin: 'static',
      endpoints: [{ id: '10.0.0.1:80' }, { id: 'db.internal:5432' }],
    });
    expect(seen.confirmed).toBe(1);
    await seen.stop();
  });

  it('that is malformed is an error that quotes it', () => {
    expect(() => new StaticSource(['10.0.0.1'])).toThrow(
      expect.objectContaining({ code: 'invalid_static_endpoint', message: expect.stringContaining('"10.0.0.1"') }),
    );
  });
});
