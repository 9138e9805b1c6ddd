import { json } from './call.ts';
import { decodeString, decodeStrings } from './decode/decoder.ts';
import type { Exchange } from './exchange.ts';
import type { CallOptions } from './read-options.ts';
import type { WireReply } from './wire.ts';

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

  /**
   * The agent's wall clock, in milliseconds since the Unix epoch, to the second: the `Date` of its answer. Undefined when
   * the answer has none.
   */
  async wallMs(options: CallOptions = {}): Promise<number | undefined> {
    const decode = ({ headers }: WireReply): number | undefined => {
      const wallMs = Date.parse(headers.get('date') ?? '');
      return Number.isNaN(wallMs) ? undefined : wallMs;
    };
    return (await this.#exchange.read({ path: 'status/leader', needs: 'no rule', decode }, options)).value;
  }
}
