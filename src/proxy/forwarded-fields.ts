import { dropTable, Field, type FieldId } from '../http1/field.ts';

/** Hop-by-hop fields (RFC 9110 §7.6.1) and those for the proxy itself, which end here in both directions. */
const HOP_BY_HOP: readonly FieldId[] = [
  Field.CONNECTION,
  Field.KEEP_ALIVE,
  Field.PROXY_CONNECTION,
  Field.PROXY_AUTHORIZATION,
  Field.PROXY_AUTHENTICATE,
  Field.TE,
  Field.UPGRADE,
  Field.HTTP2_SETTINGS,
];
const CALLER_SAID: readonly FieldId[] = [
  Field.FORWARDED,
  Field.X_FORWARDED,
  Field.X_FORWARDED_FOR,
  Field.X_FORWARDED_HOST,
  Field.X_FORWARDED_PROTO,
  Field.X_REAL_IP,
];

const TRACE: readonly FieldId[] = [Field.TRACEPARENT, Field.TRACESTATE, Field.B3, Field.X_B3];

/** What is not passed on to an origin; `Host` apart, which depends on the route. */
export const requestDrop: Uint8Array = dropTable([...HOP_BY_HOP, ...CALLER_SAID, Field.HOST]);
/** The same, where the trace context is replaced as well. */
export const tracedRequestDrop: Uint8Array = dropTable([...HOP_BY_HOP, ...CALLER_SAID, ...TRACE, Field.HOST]);
/** The same two, where what the caller says of its own callers is believed. */
export const trustingRequestDrop: Uint8Array = dropTable([...HOP_BY_HOP, Field.HOST]);
export const trustingTracedRequestDrop: Uint8Array = dropTable([...HOP_BY_HOP, ...TRACE, Field.HOST]);
/** What is not passed on to the caller. */
export const responseDrop: Uint8Array = dropTable(HOP_BY_HOP);
/** The same, for a caller that does not know chunks. */
export const unchunkedResponseDrop: Uint8Array = dropTable([...HOP_BY_HOP, Field.TRANSFER_ENCODING, Field.TRAILER]);
/** The same, for an answer that has no content and no length of one: 1xx and 204. */
export const bodilessResponseDrop: Uint8Array = dropTable([
  ...HOP_BY_HOP,
  Field.TRANSFER_ENCODING,
  Field.TRAILER,
  Field.CONTENT_LENGTH,
]);

/** The fields that tell the origin who calls, and that mark us in `Via`. `peer` is empty on a unix socket. */
export function forwardedFields(peer: string, host: string, scheme: string, instanceId: string): string {
  const address = peer.startsWith('::ffff:') ? peer.slice(7) : peer;
  const node = address === '' ? 'unknown' : address.includes(':') ? `"[${address}]"` : address;
  const plain = /^[A-Za-z0-9._-]+$/.test(host);
  const hostPair = host === '' ? '' : `;host=${plain ? host : `"${host}"`}`;
  return (
    `Forwarded: for=${node}${hostPair};proto=${scheme}\r\n` +
    (address === '' ? '' : `X-Forwarded-For: ${address}\r\n`) +
    (host === '' ? '' : `X-Forwarded-Host: ${host}\r\n`) +
    `X-Forwarded-Proto: ${scheme}\r\n` +
    `Via: 1.1 pilotfish-${instanceId}\r\n`
  );
}
