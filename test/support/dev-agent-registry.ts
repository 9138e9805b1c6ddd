import { buildRegistry, nodeOf } from '../../src/dev-agent/build-registry.ts';
import type { Registry } from '../../src/dev-agent/http/registry.ts';
import { readRegistration } from '../../src/dev-agent/local/service-fields.ts';
import { parseJson } from '../../src/dev-agent/wire/go-json.ts';
import { FakeClock } from './fake-clock.ts';

/** A registry in memory, without HTTP, under a clock that the test moves. */
export function memoryRegistry(): { readonly registry: Registry; readonly clock: FakeClock } {
  const clock = new FakeClock();
  const node = nodeOf({ node: 'node-1' });
  const registry = buildRegistry({ node, clock, random: () => 0.5, state: undefined, onWrite: () => undefined });
  return { registry, clock };
}

/** Registers a service as a client would. */
export function register(registry: Registry, definition: object): void {
  registry.agent.register(readRegistration(parseJson(JSON.stringify(definition)))(), false);
}
