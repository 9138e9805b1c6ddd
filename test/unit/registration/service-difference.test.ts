import { describe, expect, it } from 'vitest';
import type { AgentServiceHealth } from '../../../src/consul/decode/agent.ts';
import { desiredService } from '../../../src/registration/desired-service.ts';
import { serviceDifference } from '../../../src/registration/service-difference.ts';
import type { ServiceSettings } from '../../../src/registration/service-settings.ts';
import { FakeAgent } from '../../support/registration-agent.ts';
import { serviceSettings } from '../../support/registration-settings.ts';

const rich: Partial<ServiceSettings> = {
  tags: ['a', 'b'],
  meta: new Map([
    ['x', '1'],
    ['y', '2'],
  ]),
  weights: { passing: 10, warning: 2 },
};

/** What the agent tells of a registration that it took. */
async function taken(settings: ServiceSettings): Promise<AgentServiceHealth> {
  const { agent } = new FakeAgent().consul;
  const { service } = desiredService(settings, '10.0.0.7');
  await agent.register(service);
  const health = await agent.serviceHealth(service.id);
  if (health === undefined) throw new Error('not registered');
  return health;
}

const differenceTo = async (
  change: (health: AgentServiceHealth) => AgentServiceHealth,
  different: Partial<ServiceSettings> = {},
) => {
  const settings = serviceSettings({ ...rich, ...different });
  return serviceDifference(desiredService(settings, '10.0.0.7').service, change(await taken(settings)));
};
const withService = (change: Partial<AgentServiceHealth['service']>) => (health: AgentServiceHealth) => ({
  ...health,
  service: { ...health.service, ...change },
});

describe('a registration as the agent has it', () => {
  it('is as it is wanted after it was taken', async () => {
    expect(await differenceTo((health) => health)).toBeUndefined();
  });

  it.each<[string, Partial<AgentServiceHealth['service']>]>([
    ['name', { name: 'Orders' }],
    ['address', { address: '10.0.0.8' }],
    ['port', { port: 8001 }],
    ['tags', { tags: ['b', 'a'] }],
    ['meta', { meta: new Map([['x', '1']]) }],
    ['weights', { weights: { passing: 10, warning: 1 } }],
  ])('differs in its %s', async (what, change) => {
    expect(await differenceTo(withService(change))).toBe(what);
  });

  it('differs when a check is missing, and not when there is one more', async () => {
    expect(await differenceTo((health) => ({ ...health, checks: [] }))).toBe('checks');
    const more = (health: AgentServiceHealth) => ({
      ...health,
      checks: health.checks.flatMap((check) => [check, { ...check, id: '_service_maintenance:orders' }]),
    });
    expect(await differenceTo(more)).toBeUndefined();
  });

  it('may have other tags when others may change them', async () => {
    expect(await differenceTo(withService({ tags: ['theirs'] }), { enableTagOverride: true })).toBeUndefined();
  });
});
