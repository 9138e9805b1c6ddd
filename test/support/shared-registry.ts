import { afterAll, beforeAll } from 'vitest';
import { ConsulClient } from '../../src/consul/consul-client.ts';
import type { RegistryKind, TestRegistry } from './registries.ts';

/** A registry that the tests of one `describe` share, and a client of it. */
export class SharedRegistry {
  #registry: TestRegistry | undefined;
  #consul: ConsulClient | undefined;

  /** `http://127.0.0.1:<port>`. */
  get address(): string {
    return started(this.#registry).address;
  }

  get consul(): ConsulClient {
    return started(this.#consul);
  }

  async open(start: RegistryKind['start']): Promise<void> {
    this.#registry = await start();
    this.#consul = new ConsulClient({ address: this.address });
  }

  async close(): Promise<void> {
    await this.#consul?.close();
    await this.#registry?.[Symbol.asyncDispose]();
  }
}

/** A {@link SharedRegistry} that is started before and closed after the tests of the calling `describe` (or file). */
export function useRegistry(start: RegistryKind['start']): SharedRegistry {
  const registry = new SharedRegistry();
  beforeAll(() => registry.open(start));
  afterAll(() => registry.close());
  return registry;
}

function started<T>(part: T | undefined): T {
  if (part === undefined) throw new Error('the registry is not started: use it inside a test');
  return part;
}
