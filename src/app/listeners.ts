import type { ListenAddress, ListenerTls } from '../http1/listener.ts';
import type { ProxyServer } from '../proxy/proxy-server.ts';
import { CodedError } from '../runtime/coded-error.ts';
import type { UpstreamTable } from '../upstream/upstream-table.ts';
import type { Config } from './config.ts';
import { listenAddress } from './listen-address.ts';

/** A place where the proxy listens. */
export interface Place {
  readonly address: ListenAddress;
  /** The upstream that all of its requests go to; undefined: the proxy's own place. */
  readonly upstream: string | undefined;
}

/**
 * Opens the proxy's places by `open`, in the order of the configuration: its own, then those of upstreams with a port of
 * their own.
 * @returns the places with the addresses that `open` returned
 * @throws CodedError `proxy_listen_failed`
 */
export async function openPlaces(
  config: Config,
  open: (place: Place) => Promise<ListenAddress>,
): Promise<readonly Place[]> {
  const wanted = [config.proxy.listen].flat().map((text) => ({ setting: 'proxy.listen', text, upstream: undefined }));
  const own = Object.entries(config.upstreams).flatMap(([name, { listen: text }]) =>
    text === undefined ? [] : [{ setting: `upstreams.${name}.listen`, text, upstream: name }],
  );
  const places: Place[] = [];
  for (const { setting, text, upstream } of [...wanted, ...own]) {
    try {
      places.push({ upstream, address: await open({ upstream, address: listenAddress(text) }) });
    } catch (error) {
      throw listenError(setting, text, error);
    }
  }
  return places;
}

/**
 * Lets the proxy listen at a place; TLS, if it is configured, is on the proxy's own.
 * @throws the system's error
 */
export async function listenOn(
  proxy: ProxyServer,
  { address, upstream: name }: Place,
  { tls, upstreams }: { readonly tls: ListenerTls | undefined; readonly upstreams: UpstreamTable },
): Promise<ListenAddress> {
  if (name === undefined) return await proxy.listen(address, { tls });
  return await proxy.listen(address, { upstream: () => upstreams.open({ name }) });
}

function listenError(setting: string, text: string, cause: unknown): Error {
  if (cause instanceof CodedError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new CodedError(`${setting} ${text}: ${reason}; choose another address, or port 0 for any free one`, {
    code: 'proxy_listen_failed',
    side: 'internal',
    retryable: false,
    cause,
  });
}
