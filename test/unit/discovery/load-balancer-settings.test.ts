import { expect, it } from 'vitest';
import { configuredUpstream } from '../../../src/app/configured-upstream.ts';
import { loadConfig } from '../../../src/app/load-config.ts';
import { loadBalancerSettings } from '../../../src/discovery/load-balancer-settings.ts';

it('a balancer within the app has the sidecar’s own defaults', () => {
  const { config } = loadConfig([]);
  expect(loadBalancerSettings({ service: 'orders' })).toEqual(configuredUpstream(config, 'orders'));
});
