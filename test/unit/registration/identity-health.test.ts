import { describe, expect, it } from 'vitest';
import { identityAnswer, identityPath } from '../../../src/registration/identity-health.ts';

const identity = { serviceId: 'orders/10.0.0.7 8000', bootNonce: 'n0nce' };
const passing = async () => ({ status: 'passing', output: 'GET /health: 200' }) as const;

describe('a health check that only one instance answers', () => {
  it.each([
    ['passing', 200],
    ['warning', 429],
    ['critical', 503],
  ] as const)('tells that the app is %s by %i', async (status, code) => {
    const answer = await identityAnswer(identityPath(identity), identity, async () => ({ status, output: 'seen' }));
    expect(answer).toEqual({ status: code, body: 'orders/10.0.0.7 8000: seen\n' });
  });

  it.each([
    ['another service at the same address', { ...identity, serviceId: 'payments' }],
    ['an earlier run of the same service', { ...identity, bootNonce: 'older' }],
  ])('is 404 for %s, whose app is not asked', async (_who, asked) => {
    const answer = await identityAnswer(identityPath(asked), identity, () => {
      throw new Error('asked');
    });
    expect(answer.status).toBe(404);
  });

  it('is 404 for any other path', async () => {
    for (const path of ['/', '/health', `${identityPath(identity)}/`, `${identityPath(identity)}x`]) {
      expect((await identityAnswer(path, identity, passing)).status).toBe(404);
    }
  });

  it('has a path of two segments, whatever is in the id', () => {
    expect(identityPath(identity)).toBe('/pilotfish/health/orders%2F10.0.0.7%208000/n0nce');
  });
});
