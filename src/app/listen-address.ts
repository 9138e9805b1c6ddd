import type { ListenAddress } from '../http1/listener.ts';
import { splitHostPort } from './config-schema-values.ts';

/** The place that `host:port` or `unix:///path` names; the schema has accepted it. */
export function listenAddress(text: string): ListenAddress {
  if (text.startsWith('unix://')) return { path: text.slice('unix://'.length) };
  const parts = splitHostPort(text);
  if (parts === undefined) throw new TypeError(`${JSON.stringify(text)} is no address to listen on`);
  return parts;
}

/** The base URL of a place, as callers write it. */
export function urlOf(address: ListenAddress, scheme = 'http'): string {
  if ('path' in address) return `unix://${address.path}`;
  const { host, port } = address;
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `${scheme}://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}
