import { closeSync, ftruncateSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePorts } from '../../test/support/free-port.ts';
import { nginxOriginConfig } from './nginx-config.ts';
import { LOAD_CORE, type PinnedProcess, startServer, versionOf } from './pinned-process.ts';

/** The server behind the contestants. */
export interface Origin extends PinnedProcess {
  readonly port: number;
  /** What answers: `nginx` or `raw` (bench/origin.ts). */
  readonly kind: 'nginx' | 'raw';
}

/** Starts bench/origin.ts, which can echo, count uploads, send chunks and upgrade. */
export async function startRawOrigin(): Promise<Origin> {
  const [port = 0] = await freePorts(1);
  const program = fileURLToPath(new URL('../origin.ts', import.meta.url));
  const server = await startServer(LOAD_CORE, [process.execPath, program, String(port)], port);
  return { ...server, port, kind: 'raw' };
}

/**
 * Starts nginx on small answers and files, or the raw origin where nginx is not installed.
 * @param wholeLoopback listen on every 127.x.y.z (and, as Linux has no narrower way, on every other address), for many endpoints
 */
export async function startFileOrigin(directory: string, wholeLoopback = false): Promise<Origin> {
  if (versionOf('nginx', '-v') === undefined) return startRawOrigin();
  const [port = 0] = await freePorts(1);
  mkdirSync(join(directory, 'files'), { recursive: true });
  writeFileSync(join(directory, 'files', '64k'), Buffer.alloc(64 * 1024, 'abcdefghijklmnopqrstuvwxyz'));
  const gib = openSync(join(directory, 'files', '1g'), 'w');
  ftruncateSync(gib, 1024 ** 3);
  closeSync(gib);
  const config = join(directory, 'origin.conf');
  writeFileSync(
    config,
    wholeLoopback
      ? nginxOriginConfig(String(port), directory, 200_000)
      : nginxOriginConfig(`127.0.0.1:${port}`, directory, 16_384),
  );
  const server = await startServer(LOAD_CORE, ['nginx', '-p', directory, '-e', 'stderr', '-c', config], port);
  return { ...server, port, kind: 'nginx' };
}
