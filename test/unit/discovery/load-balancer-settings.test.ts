import { expect, it } from 'vitest';
import { configuredUpstream } from '../../../src/app/configured-upstream.ts';
import { loadConfig } from '../../../src/app/load-config.ts';
import { loadBalancerSettings } from '../../../src/discovery/load-balancer-settings.ts';

it('a balancer within the app has the sidecar’s own defaults', () => {
  const { config } = loadConfig([]);
  // It opens no connections, so how HTTP/2 speaks on them is not its business.
  const sidecar = { ...configuredUpstream(config, 'orders'), http2: undefined };
  expect(loadBalancerSettings({ service: 'orders' })).toEqual(sidecar);
});
