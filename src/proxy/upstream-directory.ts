import type { Upstream } from '../upstream/upstream.ts';
import type { UpstreamName } from '../upstream/upstream-name.ts';

/** Where the proxy finds upstreams; the upstream table is one. */
export interface UpstreamDirectory {
  /** The upstream with this key, if it is open. */
  get(key: string): Upstream | undefined;
  /** The upstream of this name, opened if need be. */
  open(name: UpstreamName): Upstream;
}
