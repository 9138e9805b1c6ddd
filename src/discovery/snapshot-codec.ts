import { createHash, type Hash } from 'node:crypto';
import type { Endpoint, EndpointHealth } from '../upstream/endpoint.ts';
import type { ServiceQuery } from '../upstream/endpoint-source.ts';

/** A remembered view of one service. */
export interface Snapshot {
  readonly query: ServiceQuery;
  /** Wall-clock time at which the catalog last confirmed it: monotonic time means nothing after a restart. */
  readonly confirmedAtWallMs: number;
  readonly endpoints: readonly Endpoint[];
}

/** Rises with each change that older readers would misunderstand; files of another format are not read. */
const FORMAT = 1;
/** Endpoints written between two turns of the event loop, so that a set of thousands delays no request. */
const LINES_PER_TURN = 500;

/**
 * A snapshot as text: a header line with a checksum over the rest, then one line per endpoint. Outputs of checks are
 * left out: an app may say there what does not belong on a disk.
 */
export async function encodeSnapshot(snapshot: Snapshot): Promise<string> {
  const hash = createHash('sha256');
  const lines: string[] = [];
  for (const [index, endpoint] of snapshot.endpoints.entries()) {
    if (index > 0 && index % LINES_PER_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
    const checks = endpoint.checks.map(({ id, name, status }) => ({ id, name, status }));
    const line = `${JSON.stringify({ ...endpoint, meta: [...endpoint.meta], checks })}\n`;
    hash.update(line);
    lines.push(line);
  }
  const { query, confirmedAtWallMs } = snapshot;
  const head = { format: FORMAT, query, confirmedAtWallMs, count: snapshot.endpoints.length };
  return `${JSON.stringify({ ...head, sha256: checksum(hash, head) })}\n${lines.join('')}`;
}

/**
 * Reads what {@link encodeSnapshot} wrote.
 * @throws Error that says what is wrong with it
 */
export function decodeSnapshot(text: string): Snapshot {
  const headEnd = text.indexOf('\n');
  if (headEnd < 0) throw new Error('it has no header line');
  const { sha256, ...head } = JSON.parse(text.slice(0, headEnd)) as Record<string, unknown>;
  if (head.format !== FORMAT) throw new Error(`its format is ${String(head.format)}, not ${FORMAT}`);
  const rest = text.slice(headEnd + 1);
  if (checksum(createHash('sha256').update(rest), head) !== sha256) throw new Error('its checksum does not match');
  // From here on the content is what this program wrote, so shapes need no further check.
  const lines = rest === '' ? [] : rest.trimEnd().split('\n');
  return {
    query: head.query as ServiceQuery,
    confirmedAtWallMs: head.confirmedAtWallMs as number,
    endpoints: lines.map((line) => endpointOf(JSON.parse(line) as WrittenEndpoint)),
  };
}

interface WrittenEndpoint extends Omit<Endpoint, 'meta' | 'checks'> {
  readonly meta: readonly (readonly [string, string])[];
  readonly checks: readonly { readonly id: string; readonly name: string; readonly status: EndpointHealth }[];
}

function endpointOf(written: WrittenEndpoint): Endpoint {
  return {
    ...written,
    meta: new Map(written.meta),
    checks: written.checks.map((check) => ({ ...check, output: '' })),
  };
}

/** Over the lines and the header, so that a changed time or query is found out too. */
function checksum(lines: Hash, head: object): string {
  return lines.update(JSON.stringify(head)).digest('hex');
}
