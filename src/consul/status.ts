import { json } from './call.ts';
import { decodeString, decodeStrings } from './decode/decoder.ts';
import type { Exchange } from './exchange.ts';
import type { CallOptions } from './read-options.ts';

/** `/v1/status`: the servers' Raft cluster. Needs no ACL rule. */
export class StatusApi {
  readonly #exchange: Exchange;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  /** The leader's Raft address; undefined while there is none. `GET /v1/status/leader`. */
  async leader(options: CallOptions = {}): Promise<string | undefined> {
    const call = { path: 'status/leader', needs: 'no rule', decode: json(decodeString) };
    return (await this.#exchange.read(call, options)).value || undefined;
  }

  /** The Raft addresses of all servers. `GET /v1/status/peers`. */
  async peers(options: CallOptions = {}): Promise<readonly string[]> {
    const call = { path: 'status/peers', needs: 'no rule', decode: json(decodeStrings) };
    return (await this.#exchange.read(call, options)).value;
  }
}
