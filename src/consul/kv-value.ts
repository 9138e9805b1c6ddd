/** A value to store: text as UTF-8, or bytes as they are; at most 512 KiB by Consul's default. */
export type KvValue = string | Uint8Array;

/** The bytes to send. */
export function bytesOf(value: KvValue): Uint8Array {
  return typeof value === 'string' ? Buffer.from(value, 'utf8') : value;
}
