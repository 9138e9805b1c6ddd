import { startDevAgent } from '../../src/dev-agent/dev-agent.ts';
import { consulBin, RealConsul } from './real-consul.ts';

/** A registry that a test owns. */
export interface TestRegistry extends AsyncDisposable {
  /** `http://127.0.0.1:<port>`. */
  readonly address: string;
}

/** A kind of registry that the same tests run against. */
export interface RegistryKind {
  readonly name: string;
  /** False where there is no Consul. */
  readonly isHere: boolean;
  readonly start: () => Promise<TestRegistry>;
}

/** Both registries: what holds for one must hold for the other. */
export const registryKinds: readonly RegistryKind[] = [
  { name: 'the embedded registry', isHere: true, start: () => startDevAgent({ listen: '127.0.0.1:0' }) },
  { name: 'a real Consul', isHere: consulBin !== undefined, start: () => RealConsul.start() },
];
