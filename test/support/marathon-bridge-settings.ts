import type { BridgeSettings } from '../../src/marathon/bridge-settings.ts';

/** Settings as the command line has them, but with purge and without an interval: tests say when to sync. */
export const bridgeSettings: BridgeSettings = {
  registrationId: 'consular',
  syncIntervalMs: undefined,
  purge: true,
  maxPurge: 0.5,
  fallback: true,
  fallbackTimeoutMs: 2_000,
  healthChecks: true,
};
