// The house rules of docs/architecture.md, one rule per room: what a room may import, type imports counted.
// A room is a folder of src/. "Nothing" still means itself, Node's own modules, and the packages allowed below.

/** Rooms of src/ and the other rooms each may import. The table in docs/architecture.md is tested against this one. */
export const rooms = {
  runtime: [],
  telemetry: ['runtime'],
  http1: ['runtime'],
  http2: ['http1', 'runtime'],
  consul: ['runtime'],
  balance: ['runtime'],
  upstream: ['balance', 'runtime'],
  discovery: ['consul', 'upstream', 'runtime'],
  registration: ['consul', 'runtime'],
  'kv-config': ['consul', 'runtime'],
  marathon: ['consul', 'runtime'],
  proxy: ['http1', 'http2', 'upstream', 'telemetry', 'runtime'],
  admin: ['upstream', 'kv-config', 'telemetry', 'runtime'],
  'dev-agent': ['runtime'],
  app: [
    'runtime',
    'telemetry',
    'http1',
    'http2',
    'consul',
    'balance',
    'upstream',
    'discovery',
    'registration',
    'kv-config',
    'marathon',
    'proxy',
    'admin',
    'dev-agent',
  ],
  cli: ['app', 'consul', 'runtime'],
};

/** npm packages (and Node modules that open sockets) and the only places that may import them. */
export const packages = {
  hono: ['^src/admin/', '^src/dev-agent/', '^src/marathon/callback-listener[.]ts$'],
  '@hono/node-server': ['^src/admin/', '^src/dev-agent/', '^src/marathon/callback-listener[.]ts$'],
  undici: ['^src/marathon/client[.]ts$'],
  '@opentelemetry/api': ['^src/telemetry/'],
  '@opentelemetry/sdk-node': ['^src/telemetry/'],
  'lru-cache': ['^src/upstream/'],
  zod: ['^src/app/'],
  yaml: ['^src/app/', '^src/kv-config/'],
  commander: ['^src/cli/'],
};

const roomRules = Object.entries(rooms).map(([room, allowed]) => ({
  name: `room-${room}`,
  comment: `${room}/ may import ${allowed.length === 0 ? 'no other room' : allowed.join(', ')}`,
  severity: 'error',
  from: { path: `^src/${room}/` },
  to: { path: '^src/', pathNot: [room, ...allowed].map((name) => `^src/${name}/`) },
}));

const packageRules = Object.entries(packages).map(([name, places]) => ({
  name: `package-${name}`,
  comment: `${name} is imported only in ${places.join(', ')}`,
  severity: 'error',
  from: { path: '^src/', pathNot: places },
  to: { path: `(^|/)node_modules/${name}/` },
}));

export default {
  forbidden: [
    ...roomRules,
    ...packageRules,
    {
      name: 'sockets-in-http1',
      comment: 'raw sockets belong to http1/, and to the probes that dial an address to see whether it answers',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/http1/', 'probe[.]ts$'] },
      to: { path: '^(node:)?(net|tls)$', dependencyTypes: ['core'] },
    },
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'runtime-packages-declared',
      comment: 'what ships may only use what package.json lists under dependencies',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'index-is-for-users',
      comment: 'rooms import each other by file, never through the public library',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^src/index[.]ts$' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
