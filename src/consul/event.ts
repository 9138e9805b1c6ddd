import type { Answer } from './answer.ts';
import { json, segment } from './call.ts';
import { sameValue } from './compare.ts';
import { decodeEvent, decodeEvents, type UserEvent } from './decode/event.ts';
import type { Exchange } from './exchange.ts';
import { bytesOf, type KvValue } from './kv-value.ts';
import type { CallOptions, ReadOptions } from './read-options.ts';
import type { Watcher, WatchOptions } from './watch.ts';

/** An event to fire. */
export interface FireOptions extends CallOptions {
  /** Small: it travels by gossip, which takes some hundred bytes. */
  readonly payload?: KvValue | undefined;
  /** Regular expressions; an agent that does not match ignores the event. */
  readonly node?: string | undefined;
  readonly service?: string | undefined;
  readonly tag?: string | undefined;
}

/** Which events are listed. */
export interface EventsOptions {
  readonly name?: string | undefined;
}

/** `/v1/event`: small messages to everybody, by gossip: quick, not certain, not in order. */
export class EventApi {
  readonly #exchange: Exchange;
  readonly #watcher: Watcher;

  constructor(exchange: Exchange, watcher: Watcher) {
    this.#exchange = exchange;
    this.#watcher = watcher;
  }

  /** Fires an event. `PUT /v1/event/fire/:name`. */
  fire(name: string, options: FireOptions = {}): Promise<UserEvent> {
    const { payload, node, service, tag, ...rest } = options;
    const query = Object.entries({ node, service, tag }).flatMap(([key, value]): [string, string][] =>
      value === undefined ? [] : [[key, value]],
    );
    const body = payload === undefined ? undefined : bytesOf(payload);
    const path = `event/fire/${segment(name)}`;
    const call = {
      method: 'PUT',
      path,
      query,
      body,
      needs: `event:write on "${name}"`,
      decode: json(decodeEvent),
    } as const;
    return this.#exchange.write(call, rest);
  }

  /**
   * The last events that this agent has seen, up to 256, oldest first. Their index is no number that grows but stands
   * for the last event: it comes and goes as `contentHash` and `hash`. `GET /v1/event/list`.
   */
  list(options: ReadOptions & EventsOptions = {}): Promise<Answer<readonly UserEvent[]>> {
    const { name, ...rest } = options;
    const query: readonly (readonly [string, string])[] = name === undefined ? [] : [['name', name]];
    const call = { path: 'event/list', query, needs: 'event:read', decode: json(decodeEvents), indexIsHash: true };
    return this.#exchange.read(call, rest);
  }

  /** The last events, each time there is a new one. */
  watch(
    options: WatchOptions<readonly UserEvent[]> & EventsOptions = {},
  ): AsyncGenerator<Answer<readonly UserEvent[]>> {
    const { name, ...rest } = options;
    return this.#watcher.watch((read) => this.list({ ...read, name }), rest, sameValue);
  }
}
