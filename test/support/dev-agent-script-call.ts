import type { Random } from '../../src/runtime/random.ts';
import type { Call } from './dev-agent-call.ts';

/** A call of a script; `capture` keeps the id or index it gives under that name. */
export type ScriptCall = Call & { readonly capture?: string };

/** Makes one or a few calls. */
export type Generator = (chance: Chance) => readonly ScriptCall[];

/** Picks for scripts. */
export class Chance {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.#random() * items.length)] as T;
  }

  maybe<T>(share: number, item: T): T | undefined {
    return this.#random() < share ? item : undefined;
  }
}

/** Ids of services. */
export const IDS: readonly string[] = ['web-1', 'web-2', 'api-1', 'Api-2', 'db'];
/** Names to ask for. */
export const NAMES: readonly string[] = ['web', 'api', 'API', 'db'];
/** Keys, as a path writes them. */
export const KEYS: readonly string[] = [
  'app/a',
  'app/b',
  'app-2/x',
  'app/deep/c',
  'single',
  '%C3%BCn%C3%AF/%D0%BA',
  'with%20space',
  'q%3Fx',
];
/** What a check can be. */
export const STATUSES: readonly string[] = ['passing', 'warning', 'critical'];

/** A PUT; a body that is no text is sent as JSON. */
export const put = (path: string, body?: unknown): ScriptCall => ({
  method: 'PUT',
  path,
  ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
});
/** A GET. */
export const get = (path: string): ScriptCall => ({ method: 'GET', path });
