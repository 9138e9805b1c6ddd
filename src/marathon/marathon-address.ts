/** Where one Marathon is. */
export interface MarathonAddress {
  /** `http://host:port` or `https://host:port`. */
  readonly origin: string;
  /** What is before `/v2`, such as `/service/marathon` behind DC/OS' Admin Router; empty for none. */
  readonly prefix: string;
}

/** Marathon's own port, when an address without a scheme names none. */
const DEFAULT_PORT = 8080;

/**
 * Reads an address: `host`, `host:port`, or `http://` or `https://` with an optional path.
 * @throws Error that says what is wrong with it; it does not show what may be a password
 */
export function parseMarathonAddress(text: string): MarathonAddress {
  if (text.includes('@')) {
    throw new Error('an address of Marathon carries no user or password: set --marathon-auth');
  }
  const hasScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text);
  const url = URL.parse(hasScheme ? text : `http://${text}`);
  if (url === null || url.hostname === '' || !/^https?:$/.test(url.protocol)) {
    throw new Error(`"${text}" is not an address of Marathon: http://host:${DEFAULT_PORT} or https://host`);
  }
  if (url.search !== '' || url.hash !== '') throw new Error(`"${text}": an address of Marathon has no query`);
  if (!hasScheme && url.port === '' && !/:80(\/|$)/.test(text)) url.port = String(DEFAULT_PORT);
  return { origin: url.origin, prefix: url.pathname.replace(/\/+(v2\/*)?$/, '') };
}

/** The address as it is shown. */
export function formatMarathonAddress({ origin, prefix }: MarathonAddress): string {
  return `${origin}${prefix}`;
}
