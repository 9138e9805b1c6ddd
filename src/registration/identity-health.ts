import { timingSafeEqual } from 'node:crypto';
import type { AppHealth } from './health-gate.ts';

/** Who answers: this registration, of this run of the sidecar. */
export interface Identity {
  readonly serviceId: string;
  /** Random, new at each start. */
  readonly bootNonce: string;
}

/** What the sidecar answers to Consul's check. */
export interface IdentityAnswer {
  /** Consul's rules: 2xx passes, 429 warns, anything else is critical. */
  readonly status: 200 | 404 | 429 | 503;
  readonly body: string;
}

const PREFIX = '/pilotfish/health/';

/**
 * The path of a health check that only this very instance answers. An address is reused sooner than Consul notices: a
 * check of `/health` then finds another app well, and callers reach the wrong one. With this path, it finds a 404.
 */
export function identityPath({ serviceId, bootNonce }: Identity): string {
  return `${PREFIX}${encodeURIComponent(serviceId)}/${encodeURIComponent(bootNonce)}`;
}

/** Answers a request for `path` (without query). `health` is asked only when it is meant for us. */
export async function identityAnswer(
  path: string,
  identity: Identity,
  health: () => Promise<AppHealth>,
): Promise<IdentityAnswer> {
  if (!isSame(path, identityPath(identity))) {
    return { status: 404, body: `this is ${identity.serviceId}, and not the instance that was asked for\n` };
  }
  const { status, output } = await health();
  const body = `${identity.serviceId}: ${output}\n`;
  if (status === 'passing') return { status: 200, body };
  return { status: status === 'warning' ? 429 : 503, body };
}

/** The nonce keeps others from posing as us, so the comparison must not tell how much of it was right. */
function isSame(a: string, b: string): boolean {
  const [first, second] = [Buffer.from(a), Buffer.from(b)];
  return first.length === second.length && timingSafeEqual(first, second);
}
