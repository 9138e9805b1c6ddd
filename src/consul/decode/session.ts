import {
  type Decoder,
  decodeList,
  decodeNumber,
  decodeObject,
  decodeString,
  decodeStrings,
  field,
  fieldOr,
} from './decoder.ts';

/** What becomes of a session's locks when it ends: given back, or their keys deleted. */
export type SessionBehavior = 'release' | 'delete';

/** A session. */
export interface SessionInfo {
  readonly id: string;
  readonly name: string;
  readonly node: string;
  /** 0: none. */
  readonly ttlMs: number;
  /** How long a lock cannot be taken after the session ended without giving it back. */
  readonly lockDelayMs: number;
  readonly behavior: SessionBehavior;
  /** The checks of the node that must not become critical. */
  readonly checks: readonly string[];
  readonly createIndex: number;
}

const UNITS_MS: Readonly<Record<string, number>> = {
  h: 3_600_000,
  m: 60_000,
  s: 1_000,
  ms: 1,
  us: 1e-3,
  µs: 1e-3,
  ns: 1e-6,
};

/** A duration as Go writes it (`1m30s`); empty is 0. */
const decodeDuration: Decoder<number> = (value) => {
  let totalMs = 0;
  for (const [, number, unit] of decodeString(value).matchAll(/([\d.]+)(h|ms|m|s|us|µs|ns)/g)) {
    totalMs += Number(number) * (UNITS_MS[unit ?? ''] ?? 0);
  }
  return totalMs;
};

const decodeSession: Decoder<SessionInfo> = (value) => {
  const object = decodeObject(value);
  return {
    id: field(object, 'ID', decodeString),
    name: fieldOr(object, 'Name', decodeString, ''),
    node: field(object, 'Node', decodeString),
    ttlMs: fieldOr(object, 'TTL', decodeDuration, 0),
    lockDelayMs: fieldOr(object, 'LockDelay', decodeNumber, 0) / 1e6,
    behavior: fieldOr(object, 'Behavior', decodeString, 'release') === 'delete' ? 'delete' : 'release',
    checks: [
      ...new Set([
        ...fieldOr(object, 'Checks', decodeStrings, []),
        ...fieldOr(object, 'NodeChecks', decodeStrings, []),
      ]),
    ],
    createIndex: fieldOr(object, 'CreateIndex', decodeNumber, 0),
  };
};

/** `/v1/session/list`, `node`, `info` and `renew`. */
export const decodeSessions: Decoder<readonly SessionInfo[]> = decodeList(decodeSession);

/** `{ID}`, as creating a session or a prepared query answers. */
export const decodeId: Decoder<string> = (value) => field(decodeObject(value), 'ID', decodeString);
