import type { RequestHead } from '../http1/request-head.ts';
import type { HashOn } from '../upstream/upstream-settings.ts';

/** The 32-bit hash of what a request is to stick to; undefined when the request does not carry it. */
export function stickinessOf(request: RequestHead, hashOn: HashOn, remoteAddress: string): number | undefined {
  if (hashOn.kind === 'source') return sourceHash(remoteAddress);
  const name = hashOn.kind === 'header' ? hashOn.name.toLowerCase() : 'cookie';
  const { fields, bytes } = request;
  for (let index = 0; index < fields.count; index++) {
    if (fields.name(bytes, index) !== name) continue;
    const value = fields.value(bytes, index);
    if (hashOn.kind === 'header') return fnv1a(value);
    const cookie = value
      .split(';')
      .map((pair) => pair.trim())
      .find((pair) => pair.startsWith(`${hashOn.name}=`));
    if (cookie !== undefined) return fnv1a(cookie);
  }
  return undefined;
}

/** The same for a calling address. */
export function sourceHash(remoteAddress: string): number {
  return fnv1a(remoteAddress);
}

/** FNV-1a, then mixed: neighbours in text become strangers on the ring. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}
