import type { Answer } from './answer.ts';
import { json, segment } from './call.ts';
import { isConsulError } from './consul-error.ts';
import {
  type DatacenterCoordinates,
  decodeDatacenterCoordinates,
  decodeNodeCoordinates,
  type NodeCoordinate,
} from './decode/coordinate.ts';
import type { Exchange } from './exchange.ts';
import type { CallOptions, ReadOptions } from './read-options.ts';

/** `/v1/coordinate`: how far nodes are from each other. */
export class CoordinateApi {
  readonly #exchange: Exchange;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  /** The servers of all datacenters. `GET /v1/coordinate/datacenters`. */
  async datacenters(options: CallOptions = {}): Promise<readonly DatacenterCoordinates[]> {
    const call = { path: 'coordinate/datacenters', needs: 'no rule', decode: json(decodeDatacenterCoordinates) };
    return (await this.#exchange.read(call, options)).value;
  }

  /** All nodes that have told a coordinate yet. `GET /v1/coordinate/nodes`. */
  nodes(options: ReadOptions = {}): Promise<Answer<readonly NodeCoordinate[]>> {
    const call = { path: 'coordinate/nodes', needs: 'node:read', decode: json(decodeNodeCoordinates) };
    return this.#exchange.read(call, options);
  }

  /** A node, once per network segment; empty while it has told none. `GET /v1/coordinate/node/:node`. */
  async node(node: string, options: CallOptions = {}): Promise<readonly NodeCoordinate[]> {
    const call = {
      path: `coordinate/node/${segment(node)}`,
      needs: `node:read on "${node}"`,
      decode: json(decodeNodeCoordinates),
    };
    try {
      return (await this.#exchange.read(call, options)).value;
    } catch (error) {
      if (isConsulError(error, 'NotFound')) return [];
      throw error;
    }
  }
}
