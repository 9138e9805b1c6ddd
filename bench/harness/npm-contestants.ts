import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Contestant } from './contestant.ts';
import { PROXY_CORE, startServer } from './pinned-process.ts';

function installedVersion(packageName: string): string | undefined {
  try {
    const file = new URL(`../node_modules/${packageName}/package.json`, import.meta.url);
    const { version }: { version: string } = JSON.parse(readFileSync(file, 'utf8'));
    return version;
  } catch {
    return undefined;
  }
}

interface NpmProxy {
  readonly name: string;
  /** The package whose version is told; undefined: only Node itself. */
  readonly packageName?: string;
  readonly about: string;
  readonly tunnelsWebSockets: boolean;
  readonly kind?: 'floor';
}

function contestant({ name, packageName, about, tunnelsWebSockets, kind }: NpmProxy): Contestant {
  const program = fileURLToPath(new URL(`../contestants/${name}.mjs`, import.meta.url));
  return {
    name,
    kind: kind ?? 'npm',
    about,
    tunnelsWebSockets,
    version: () => (packageName === undefined ? process.version.slice(1) : installedVersion(packageName)),
    remedy: 'npm ci --prefix bench',
    start({ listenPort, endpoints: [origin] }) {
      const originPort = origin.slice(origin.lastIndexOf(':') + 1);
      const command = [process.execPath, program, String(listenPort), originPort] as const;
      return startServer(PROXY_CORE, command, listenPort);
    },
  };
}

/** Proxies on Node, each a process of its own on the runtime that runs the bench. */
export const npmContestants: readonly Contestant[] = [
  {
    name: 'node-tcp',
    about: 'two node:net sockets, bytes passed on unread: the floor for anything on Node',
    tunnelsWebSockets: true,
    kind: 'floor' as const,
  },
  {
    name: 'node-undici',
    packageName: 'undici',
    about: 'bare node:http server and undici dispatch: the floor for a proxy out of Node’s own parts',
    tunnelsWebSockets: false,
    kind: 'floor' as const,
  },
  { name: 'fast-proxy', packageName: 'fast-proxy', about: 'fast-proxy on its undici pool', tunnelsWebSockets: false },
  { name: 'httpxy', packageName: 'httpxy', about: 'httpxy with a keep-alive agent', tunnelsWebSockets: true },
  {
    name: 'fastify-http-proxy',
    packageName: '@fastify/http-proxy',
    about: '@fastify/http-proxy on Fastify, undici pool, logger off',
    tunnelsWebSockets: true,
  },
  {
    name: 'http-proxy',
    packageName: 'http-proxy',
    about: 'http-proxy with a keep-alive agent',
    tunnelsWebSockets: true,
  },
  {
    name: 'hono-proxy',
    packageName: 'hono',
    about: 'hono’s proxy helper on @hono/node-server',
    tunnelsWebSockets: false,
  },
].map(contestant);
