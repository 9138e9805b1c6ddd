import { describe, expect, it } from 'vitest';
import { StaticSource, staticEndpoint } from '../../../src/discovery/static-source.ts';
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

  it.each([
    ['10.0.0.1:80', '10.0.0.1', 80],
    ['db.internal:65535', 'db.internal', 65_535],
    ['[fd00::1]:8080', 'fd00::1', 8080],
  ])('%s is host %s and port %i', (text, host, port) => {
    expect(staticEndpoint(text)).toMatchObject({ id: text, host, port, weight: 1, health: 'passing' });
  });

  it.each([
    '',
    '10.0.0.1',
    ':80',
    'a:0',
    'a:65536',
    'a:b',
    'fd00::1:80',
    '[fd00::1]',
    'http://a:80',
    'u@a:80',
    'a b:1',
    '[a]:1',
  ])('%j is an error that quotes it', (text) => {
    expect(() => new StaticSource([text])).toThrow(
      expect.objectContaining({ code: 'invalid_static_endpoint', message: expect.stringContaining(`"${text}"`) }),
    );
  });
});
