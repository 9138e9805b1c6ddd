import type { Answer } from './answer.ts';
import { json, segment } from './call.ts';
import { sameByKey, sameValue } from './compare.ts';
import { isConsulError } from './consul-error.ts';
import { type ConfigEntry, decodeConfigEntries, decodeConfigEntry } from './decode/config-entry.ts';
import { decodeBoolean, type JsonObject } from './decode/decoder.ts';
import type { Exchange } from './exchange.ts';
import type { CallOptions, ReadOptions } from './read-options.ts';
import type { Watcher, WatchOptions } from './watch.ts';

/** `/v1/config`: the rules for traffic and the like that are kept in Consul. */
export class ConfigEntryApi {
  readonly #exchange: Exchange;
  readonly #watcher: Watcher;

  constructor(exchange: Exchange, watcher: Watcher) {
    this.#exchange = exchange;
    this.#watcher = watcher;
  }

  /** An entry; undefined when there is none. `GET /v1/config/:kind/:name`. */
  async get(kind: string, name: string, options: CallOptions = {}): Promise<ConfigEntry | undefined> {
    const path = `config/${segment(kind)}/${segment(name)}`;
    try {
      return (
        await this.#exchange.read({ path, needs: needed('read', kind, name), decode: json(decodeConfigEntry) }, options)
      ).value;
    } catch (error) {
      if (isConsulError(error, 'NotFound')) return undefined;
      throw error;
    }
  }

  /** All entries of a kind. `GET /v1/config/:kind`. */
  list(kind: string, options: ReadOptions = {}): Promise<Answer<readonly ConfigEntry[]>> {
    const path = `config/${segment(kind)}`;
    return this.#exchange.read({ path, needs: needed('read', kind), decode: json(decodeConfigEntries) }, options);
  }

  /** Stores an entry, written as Consul has it. False when `cas` did not hold. `PUT /v1/config`. */
  put(
    entry: JsonObject & { readonly Kind: string },
    options: CallOptions & { readonly cas?: number | undefined } = {},
  ): Promise<boolean> {
    const { cas, ...rest } = options;
    const query: readonly (readonly [string, string])[] = cas === undefined ? [] : [['cas', String(cas)]];
    const needs = needed('write', entry.Kind, String(entry.Name ?? ''));
    const call = { method: 'PUT', path: 'config', query, body: entry, needs, decode: json(decodeBoolean) } as const;
    return this.#exchange.write(call, rest);
  }

  /** Deletes an entry; nothing happens when there is none. `DELETE /v1/config/:kind/:name`. */
  async delete(kind: string, name: string, options: CallOptions = {}): Promise<void> {
    const path = `config/${segment(kind)}/${segment(name)}`;
    await this.#exchange.write(
      { method: 'DELETE', path, needs: needed('write', kind, name), decode: () => {} },
      options,
    );
  }

  /**
   * All entries of a kind, each time one changes. One entry is watched this way too: Consul gives no index for one that
   * is not there.
   */
  watchKind(
    kind: string,
    options: WatchOptions<readonly ConfigEntry[]> = {},
  ): AsyncGenerator<Answer<readonly ConfigEntry[]>> {
    return this.#watcher.watch(
      (read) => this.list(kind, read),
      options,
      sameByKey<ConfigEntry>((entry) => entry.name, sameValue),
    );
  }
}

/** Entries about a service need a rule for that service; the others are the operator's. */
function needed(access: 'read' | 'write', kind: string, name?: string): string {
  if (!kind.startsWith('service-')) return `operator:${access}`;
  return name === undefined ? `service:${access}` : `service:${access} on "${name}"`;
}
