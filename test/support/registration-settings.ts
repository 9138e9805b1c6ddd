import { DEFAULT_CHECK, type ServiceSettings } from '../../src/registration/service-settings.ts';

/** A service for tests: `orders` on 127.0.0.1:8000 with the default check, with whatever is to differ. */
export function serviceSettings(different: Partial<ServiceSettings> = {}): ServiceSettings {
  return {
    name: 'orders',
    port: 8000,
    address: '127.0.0.1',
    tags: [],
    meta: new Map(),
    weights: { passing: 1, warning: 1 },
    checks: [DEFAULT_CHECK],
    waitForAppMs: 0,
    enableTagOverride: false,
    ...different,
  };
}
