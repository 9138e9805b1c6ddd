import { storeFailure } from './refusal.ts';

/**
 * Refuses what is no UUID, as Consul's index of sessions and queries does.
 * @throws Refusal 500, the message starting with `prefix`
 */
export function requireUuid(text: string, prefix: string): void {
  const fault = uuidFault(text);
  if (fault !== undefined) throw storeFailure(`${prefix}: ${fault}`);
}

/** Why `text` is no UUID, in Consul's words; undefined if it is one. */
export function uuidFault(text: string): string | undefined {
  if (text.length !== 36) return 'UUID must be 36 characters';
  const parts = text.split('-');
  if (parts.length !== 5) return `UUID should have 4 "-" characters, got ${parts.length - 1}`;
  return /^[0-9a-fA-F]+$/.test(parts.join('')) ? undefined : 'Invalid UUID: must be hexadecimal';
}
