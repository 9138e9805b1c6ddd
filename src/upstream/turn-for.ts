import { setImmediate } from 'node:timers/promises';
import type { EndpointSet } from './endpoint-source.ts';

/** A set of this size takes a layer some milliseconds. */
const LARGE = 500;

/**
 * To be awaited by each layer that a set comes to: lets others have their turn of the event loop when it is large. Taken
 * by all layers at a stretch, 10,000 endpoints would hold up every request for 25 ms.
 */
export function turnFor({ endpoints }: EndpointSet): Promise<void> | undefined {
  return endpoints.length < LARGE ? undefined : setImmediate();
}
