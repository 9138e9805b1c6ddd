/**
 * The header work that every contestant does, so that none is cheaper for doing less: who called, by which name, over
 * what, and that a proxy was here. Written as the fields that pilotfish sends.
 *
 * @param {import('node:http').IncomingMessage} request
 * @returns {Record<string, string>}
 */
export function forwardedFields(request) {
  const address = request.socket.remoteAddress ?? 'unknown';
  const host = request.headers.host ?? '';
  return {
    'x-forwarded-for': address,
    'x-forwarded-host': host,
    'x-forwarded-proto': 'http',
    forwarded: `for=${address};host="${host}";proto=http`,
    via: '1.1 bench',
  };
}

/** Where to listen and whom to ask: `node <contestant>.mjs LISTEN_PORT ORIGIN_PORT`. */
export const [listenPort, originPort] = process.argv.slice(2).map(Number);

/** The origin as a URL without a path. */
export const originUrl = `http://127.0.0.1:${originPort}`;
