/** Where the agent's HTTP API is. */
export interface ConsulAddress {
  readonly scheme: 'http' | 'https';
  /** Host name or IP; IPv6 without brackets. `localhost` for a unix socket. */
  readonly host: string;
  readonly port: number;
  /** Path of the unix socket, for `unix://` addresses. */
  readonly socketPath: string | undefined;
}

/** The port when an address names none: Consul's HTTP port, whatever the scheme. */
const DEFAULT_PORT = 8500;

/**
 * Reads an address as the Consul CLI does: `host`, `host:port`, `http://…`, `https://…` or `unix:///path`.
 * @throws Error that says what is wrong with it
 */
export function parseConsulAddress(text: string): ConsulAddress {
  if (text.startsWith('unix://')) {
    const socketPath = text.slice('unix://'.length);
    if (socketPath === '') throw new Error(`"${text}": unix:// needs the path of a socket`);
    // Consul answers 400 to any Host that is not a name it could have: the socket's path must not become the host.
    return { scheme: 'http', host: 'localhost', port: 80, socketPath };
  }
  // Before anything else, since the other errors show the text.
  if (text.includes('@')) throw new Error('an address carries no user or password: set auth (CONSUL_HTTP_AUTH)');
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`);
  if (url === null || url.hostname === '') throw new Error(`"${text}" is not host:port, http://, https:// or unix://`);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new Error(`"${text}": the scheme must be http, https or unix`);
  }
  if ((url.pathname !== '/' && url.pathname !== '') || url.search !== '' || url.hash !== '') {
    throw new Error(`"${text}": an address has no path or query`);
  }
  return {
    scheme: url.protocol === 'https:' ? 'https' : 'http',
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? impliedPort(text, url.protocol) : Number(url.port),
    socketPath: undefined,
  };
}

/** The address as a URL, for messages; never holds a secret. */
export function formatConsulAddress(address: ConsulAddress): string {
  if (address.socketPath !== undefined) return `unix://${address.socketPath}`;
  return `${address.scheme}://${hostAndPort(address)}`;
}

/** `host:port`, with IPv6 in brackets. */
export function hostAndPort(address: ConsulAddress): string {
  return `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
}

/** `URL` drops a port that is its scheme's own; then it was written, and is meant. */
function impliedPort(text: string, protocol: string): number {
  const written = /:(\d+)\/?$/.exec(text);
  if (written !== null) return Number(written[1]);
  return protocol === 'https:' ? 443 : DEFAULT_PORT;
}
