/** What a caller asked for; `/v2.orders@dc2/…` is `{ name: 'orders', tag: 'v2', datacenter: 'dc2' }`. */
export interface UpstreamName {
  readonly name: string;
  readonly tag?: string | undefined;
  readonly datacenter?: string | undefined;
}

/** The upstream's key: as in the URL, `v2.orders@dc2`. */
export function upstreamKey({ name, tag, datacenter }: UpstreamName): string {
  return `${tag === undefined ? '' : `${tag}.`}${name}${datacenter === undefined ? '' : `@${datacenter}`}`;
}
