import type { ConsulClient } from '../consul/consul-client.ts';
import { systemClock } from '../runtime/clock.ts';
import { systemRandom } from '../runtime/random.ts';
import { Tasks } from '../runtime/task.ts';
import { resolveAddress } from './outbound-address.ts';
import { Registrar } from './registrar.ts';
import type { MaintenanceRequest } from './registrar-options.ts';
import type { RegistrationEvent } from './registration-event.ts';
import type { RegistrationStatus } from './registration-status.ts';
import { type CheckSettings, DEFAULT_CHECK, type ServiceSettings } from './service-settings.ts';

/** The app, as it is to be registered. Only the first three must be said. */
export interface RegistrationOptions extends Partial<Omit<ServiceSettings, 'name' | 'port' | 'checks' | 'meta'>> {
  /** A `ConsulClient` for the agent on the app's own machine; it stays the caller's to close. */
  readonly consul: ConsulClient;
  readonly name: string;
  readonly port: number;
  readonly meta?: ReadonlyMap<string, string> | Readonly<Record<string, string>> | undefined;
  /** Default: `GET /health` every 10 s with 5 s to answer, and removed after a minute of failing. None: always passing. */
  readonly checks?: readonly CheckSettings[] | undefined;
  /** How long to wait for Consul to confirm; the app may start without. Default 5 s. */
  readonly waitMs?: number | undefined;
  /** Hears what happens, for logs. Must not throw. */
  readonly onEvent?: ((event: RegistrationEvent) => void) | undefined;
}

/** The app's own entry in the catalog, kept up until it is disposed of. */
export interface Registration extends AsyncDisposable {
  status(): RegistrationStatus;
  /** Puts the app into maintenance, or ends it (undefined). @throws ConsulError when the agent cannot be told now */
  setMaintenance(request: MaintenanceRequest | undefined): Promise<void>;
  /** Takes the app out of the catalog; it does not come back. @throws ConsulError when the agent cannot be told now */
  deregister(): Promise<void>;
}

const WAIT_MS = 5000;

/**
 * Registers the app for as long as it lives: `await using registration = await register({ consul, name: 'orders', port: 8000 })`.
 * It comes back when the agent forgot it; TTL checks are kept alive. Resolves once Consul has it, or after `waitMs`: then
 * it goes on trying, and `status()` tells.
 * @throws CodedError `invalid_registration` naming the rule of Consul's that it breaks
 */
export async function register(options: RegistrationOptions): Promise<Registration> {
  const { consul, waitMs = WAIT_MS, onEvent } = options;
  const settings = serviceSettings(options);
  const first = Promise.withResolvers<void>();
  const host = consul.address.startsWith('unix:') ? undefined : new URL(consul.address).hostname;
  const context = {
    consulHost: host?.replace(/^\[|\]$/g, ''),
    agentAddress: async (signal: AbortSignal) => (await consul.agent.self({ signal })).address,
  };
  const registrar = new Registrar({
    settings,
    consul,
    resolveAddress: (signal) => resolveAddress(settings.address, context, signal),
    clock: systemClock,
    random: systemRandom,
    onEvent: (event) => {
      onEvent?.(event);
      if (event.kind === 'registered') first.resolve();
    },
  });
  const tasks = new Tasks((_name, error) => first.reject(error));
  tasks.start('registration', (signal) => registrar.run(signal));
  const patience = systemClock.after(waitMs, () => first.resolve());
  try {
    await first.promise;
  } finally {
    patience.cancel();
  }
  return {
    status: () => registrar.status(),
    setMaintenance: (request) => registrar.setMaintenance(request),
    deregister: () => registrar.deregister(),
    [Symbol.asyncDispose]: () => tasks.stop(),
  };
}

/** The same defaults as the sidecar's, but that an app which registers itself is not waited for. */
function serviceSettings(options: RegistrationOptions): ServiceSettings {
  const { name, port, id, meta = {} } = options;
  return {
    name,
    port,
    id,
    address: options.address ?? 'auto',
    tags: options.tags ?? [],
    meta: meta instanceof Map ? meta : new Map(Object.entries(meta)),
    weights: options.weights ?? { passing: 1, warning: 1 },
    checks: options.checks ?? [DEFAULT_CHECK],
    waitForAppMs: options.waitForAppMs ?? 0,
    enableTagOverride: options.enableTagOverride ?? false,
  };
}
