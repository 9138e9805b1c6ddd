import { fileURLToPath } from 'node:url';
import type { PolicyName } from '../../src/upstream/upstream-settings.ts';
import type { Contestant } from './contestant.ts';
import type { LoadFigures } from './load-figures.ts';
import { LOAD_CORE, runPinned } from './pinned-process.ts';
import type { Entrant, LoadOrder, Scenario } from './scenario.ts';
import { wrk } from './wrk.ts';

const GIB = 1024 ** 3;

/** Connections of the open loop; a request that finds none idle waits, and its wait counts. */
const OPEN_LOOP_CONNECTIONS = 128;

/** Pilotfish with something switched off: only compared with its defaults. */
const variants: ReadonlySet<string> = new Set(['pilotfish-quiet', 'pilotfish-bare']);

/** Every contestant once, pilotfish as its defaults are. */
function each(contestants: readonly Contestant[]): Entrant[] {
  return contestants.filter(({ name }) => !variants.has(name)).map(asItIs);
}

/** Those of these names. */
function only(contestants: readonly Contestant[], names: readonly string[]): Entrant[] {
  return contestants.filter(({ name }) => names.includes(name)).map(asItIs);
}

function asItIs(contestant: Contestant): Entrant {
  return { name: contestant.name, contestant, policy: 'round-robin' };
}

async function runLoad(program: string, ...args: readonly (string | number)[]): Promise<LoadFigures> {
  const file = fileURLToPath(new URL(`../${program}`, import.meta.url));
  return JSON.parse(await runPinned(LOAD_CORE, [process.execPath, file, ...args.map(String)]));
}

/** What is asked, of whom and how it is counted. */
type Work = Pick<Scenario, 'unit' | 'origin' | 'load'>;

function smallGet(connections: number): Work {
  return {
    unit: 'request',
    origin: 'files',
    load: ({ port, seconds }) => wrk({ port, path: '/bench/small', connections, seconds }),
  };
}

function postOf1K(): Work {
  return {
    unit: 'request',
    origin: 'raw',
    load: ({ port, seconds }) =>
      wrk({ port, path: '/bench/sink', connections: 64, seconds, method: 'POST', bodyBytes: 1024 }),
  };
}

/** Small GETs at a constant rate, whatever the answers do. @param fixed per second; undefined: the scenario's rate */
function atRate(fixed?: number): Work {
  return {
    unit: 'request',
    origin: 'files',
    load: ({ port, seconds, rate }) =>
      runLoad('open-loop.ts', port, '/bench/small', fixed ?? rate, seconds, OPEN_LOOP_CONNECTIONS),
  };
}

/** The sidecar as it is, and with metrics and traces switched off. */
function telemetry(name: string, what: string, work: Work): Scenario {
  return {
    ...work,
    name,
    title: `What metrics and traces cost: ${what}`,
    entrants: (contestants) => only(contestants, ['pilotfish', 'pilotfish-quiet', 'haproxy']),
  };
}

/** The sidecar as it is, and with all that resilience does for a request switched off. */
function resilience(name: string, what: string, work: Work): Scenario {
  return {
    ...work,
    name,
    title: `What resilience costs: ${what}, 64 connections`,
    entrants: (contestants) => only(contestants, ['pilotfish', 'pilotfish-bare']),
  };
}

function largeBody(direction: 'download' | 'upload', title: string): Scenario {
  return {
    name: `${direction}-1g`,
    title,
    unit: 'MiB',
    origin: direction === 'download' ? 'files' : 'raw',
    entrants: each,
    load: ({ port }: LoadOrder) => runLoad('body-load.ts', direction, port, GIB),
  };
}

const policies: readonly PolicyName[] = ['round-robin', 'random', 'least-connections', 'p2c', 'peak-ewma', 'ring-hash'];

/** Different values to hash, so that a ring has something to spread; sent to every policy alike. */
const HASH_KEYS = 20_000;

/** What HAProxy has an equal of. */
const haproxyPolicies: readonly PolicyName[] = ['round-robin', 'random', 'least-connections', 'p2c', 'ring-hash'];

function manyEndpoints(endpoints: number): Scenario {
  return {
    ...smallGet(64),
    name: `endpoints-${endpoints}`,
    title: `Small GET over ${endpoints.toLocaleString('en')} endpoints, per policy`,
    endpoints,
    settlesFirst: true,
    load: ({ port, seconds }) => wrk({ port, path: '/bench/small', connections: 64, seconds, keys: HASH_KEYS }),
    entrants: (contestants) =>
      contestants.flatMap((contestant) => {
        const supported = contestant.name === 'pilotfish' ? policies : haproxyPolicies;
        if (contestant.name !== 'pilotfish' && contestant.name !== 'haproxy') return [];
        return supported.map((policy) => ({ name: `${contestant.name} ${policy}`, contestant, policy }));
      }),
  };
}

/** All that `npm run bench` can ask, in this order. */
export const scenarios: readonly Scenario[] = [
  { ...smallGet(64), name: 'small-get', title: 'Small GET, 64 connections, closed loop', entrants: each },
  { ...smallGet(16), name: 'connections-16', title: 'Small GET, 16 connections', entrants: each },
  { ...smallGet(512), name: 'connections-512', title: 'Small GET, 512 connections', entrants: each },
  telemetry('telemetry', 'small GET, 64 connections', smallGet(64)),
  telemetry('telemetry-20000', 'small GETs at 20,000 per second', atRate(20_000)),
  resilience('resilience', 'small GET', smallGet(64)),
  resilience('resilience-post', 'POST of 1 KiB', postOf1K()),
  {
    ...postOf1K(),
    name: 'post-1k',
    title: 'POST of 1 KiB, small answer, 64 connections',
    entrants: each,
  },
  {
    name: 'get-64k',
    title: 'GET of 64 KiB, 64 connections',
    unit: 'request',
    origin: 'files',
    entrants: each,
    load: ({ port, seconds }) => wrk({ port, path: '/bench/64k', connections: 64, seconds }),
  },
  largeBody('download', 'Download of 1 GiB, one connection'),
  largeBody('upload', 'Upload of 1 GiB, one connection'),
  {
    ...atRate(),
    name: 'latency-half-load',
    title: 'Latency at a constant rate, half of what pilotfish reaches',
    setsRate: true,
    entrants: each,
  },
  { ...atRate(2000), name: 'latency-2000', title: 'Latency at 2,000 requests per second', entrants: each },
  {
    name: 'churn',
    title: 'A connection per request, 64 at a time',
    unit: 'request',
    origin: 'files',
    entrants: each,
    load: ({ port, seconds }) =>
      wrk({ port, path: '/bench/small', connections: 64, seconds, fields: ['Connection: close'] }),
  },
  {
    name: 'websocket-echo',
    title: 'WebSocket echo of 64 bytes, 64 connections',
    unit: 'message',
    origin: 'raw',
    entrants: (contestants) => each(contestants.filter(({ tunnelsWebSockets }) => tunnelsWebSockets)),
    load: ({ port, seconds }) => runLoad('websocket-load.ts', port, 64, seconds),
  },
  manyEndpoints(3),
  manyEndpoints(100),
  manyEndpoints(10_000),
];
