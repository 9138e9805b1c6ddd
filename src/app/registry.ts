import { startDevAgent } from '../dev-agent/dev-agent.ts';

/** What the embedded registry is started with. */
export interface RegistryOptions {
  /** `host:port`; port 0 picks a free one. */
  readonly listen: string;
  readonly node?: string | undefined;
  readonly datacenter?: string | undefined;
  /** Keeps the state here over restarts; left out, it is in memory. */
  readonly dataDir?: string | undefined;
}

/** The embedded registry, serving. */
export interface Registry extends AsyncDisposable {
  /** `http://127.0.0.1:8500`. */
  readonly address: string;
}

/** Starts the embedded registry, `pilotfish dev`. */
export function startRegistry(options: RegistryOptions): Promise<Registry> {
  return startDevAgent(options);
}
