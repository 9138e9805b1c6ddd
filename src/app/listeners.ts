import type { ListenAddress } from '../http1/listener.ts';
import type { ProxyServer } from '../proxy/proxy-server.ts';
import { CodedError } from '../runtime/coded-error.ts';
import type { UpstreamTable } from '../upstream/upstream-table.ts';
import type { Config } from './config.ts';
import { readPem } from './configured-upstream.ts';
import { listenAddress } from './listen-address.ts';

/**
 * Opens the proxy's listeners: its own, and those of upstreams with a port of their own.
 * @returns where the proxy itself listens, in the order of the configuration
 * @throws CodedError `proxy_listen_failed`, ConfigError for an unreadable certificate
 */
export async function openListeners(
  proxy: ProxyServer,
  config: Config,
  upstreams: UpstreamTable,
): Promise<ListenAddress[]> {
  const { listen, tls: files } = config.proxy;
  const cert = readPem(files?.cert, 'proxy.tls.cert');
  const key = readPem(files?.key, 'proxy.tls.key');
  const tls = cert === undefined || key === undefined ? undefined : { cert, key, clientCa: undefined };
  const bound: ListenAddress[] = [];
  for (const text of [listen].flat())
    bound.push(await open('proxy.listen', text, (address) => proxy.listen(address, { tls })));
  for (const [name, upstream] of Object.entries(config.upstreams)) {
    if (upstream.listen === undefined) continue;
    const pinned = { upstream: () => upstreams.open({ name }) };
    await open(`upstreams.${name}.listen`, upstream.listen, (address) => proxy.listen(address, pinned));
  }
  return bound;
}

async function open(
  setting: string,
  text: string,
  listen: (address: ListenAddress) => Promise<ListenAddress>,
): Promise<ListenAddress> {
  try {
    return await listen(listenAddress(text));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CodedError(`${setting} ${text}: ${reason}; choose another address, or port 0 for any free one`, {
      code: 'proxy_listen_failed',
      side: 'internal',
      retryable: false,
      cause: error,
    });
  }
}
