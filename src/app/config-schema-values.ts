import { z } from 'zod';
import { DURATION_PATTERN, SHARE_PATTERN, SIZE_PATTERN, sizeBytes } from './units.ts';

/** A service's name as it may stand in a URL; Consul's DNS names, and `_`, which its catalog takes too. */
export const NAME_PATTERN: RegExp = /^[A-Za-z0-9](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?$/;

/** {@link NAME_PATTERN} in words. */
export const NAME_RULE = 'a name of up to 63 letters, digits, - and _ that begins and ends with a letter or digit';

/** `250ms`, `10s`, `5m`, `1h`. */
export const duration: z.ZodString = z
  .string({ error: 'a duration such as 250ms, 10s, 5m or 1h' })
  .regex(DURATION_PATTERN, 'a duration such as 250ms, 10s, 5m or 1h');

/** A duration above zero, for what is done again and again. */
export const positiveDuration: z.ZodString = duration.regex(/[1-9]/, 'a duration above zero');
/** `64KiB`, `1MiB`. */
export const size: z.ZodString = z
  .string({ error: 'a size such as 512B, 64KiB or 1MiB' })
  .regex(SIZE_PATTERN, 'a size such as 512B, 64KiB or 1MiB');
/** A window of HTTP/2: a size from 64 KiB - 1, with which every stream begins, to 2 GiB - 1 (RFC 9113 §6.9). */
export const http2Window: z.ZodString = size.refine((text) => {
  if (!SIZE_PATTERN.test(text)) return true;
  const bytes = sizeBytes(text);
  return bytes >= 65_535 && bytes <= 2_147_483_647;
}, 'a size from 64KiB to below 2GiB');
/** `20%`. */
export const percentage: z.ZodString = z
  .string({ error: 'a share such as 20%' })
  .regex(SHARE_PATTERN, 'a share such as 20%, from 0% to 100%');
/** The port of the app; 0 = to be chosen. */
export const appPort: z.ZodInt = z
  .int('a port, 0 to 65535')
  .min(0, 'a port, 0 to 65535')
  .max(65_535, 'a port, 0 to 65535');
/** `host:port`; IPv6 in brackets. */
export const hostPort: z.ZodString = z
  .string({ error: 'host:port' })
  .refine((text) => isHostPort(text, 1), 'host:port, with a port from 1 to 65535 (IPv6 in brackets)');
/** Where to listen: `host:port` (port 0 picks a free one) or `unix:///path`. */
export const listen: z.ZodString = z
  .string({ error: 'an address such as 127.0.0.1:7700 or unix:///path' })
  .refine(
    (text) => (text.startsWith('unix:') ? /^unix:\/\/\/[^\0]+$/.test(text) : isHostPort(text, 0)),
    'an address such as 127.0.0.1:7700, [::1]:7700 or unix:///path',
  );

/** The two halves of `host:port`; undefined when it is none. */
export function splitHostPort(text: string): { readonly host: string; readonly port: number } | undefined {
  const match = /^(?:\[([0-9A-Fa-f:.%]+)\]|([^[\]:/?#@\s]+)):(\d{1,5})$/.exec(text);
  const portNumber = Number(match?.[3]);
  if (match === null || portNumber > 65_535) return undefined;
  return { host: match[1] ?? match[2] ?? '', port: portNumber };
}

function isHostPort(text: string, leastPort: number): boolean {
  const parts = splitHostPort(text);
  return parts !== undefined && parts.port >= leastPort;
}
