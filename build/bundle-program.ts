import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { type OutputChunk, type Plugin, rolldown } from 'rolldown';
import * as yaml from 'yaml';

const ROOT = resolve(import.meta.dirname, '..');
const SOURCES = join(ROOT, 'src');
/** Beside the program, which loads them when it needs them. */
const CHUNKS = 'chunks';

/**
 * Makes the command-line program out of `src/cli/main.ts` and the packages it uses: one file for what `run` needs, and
 * one for each part that a command loads when it is called for. The OpenTelemetry SDK stays outside: it is large, seldom
 * wanted, and looks for its parts in `node_modules`.
 * @param dist the folder of which `cli/` gets the program
 */
export async function bundleProgram(dist: string): Promise<void> {
  const bundle = await rolldown({
    input: { main: join(SOURCES, 'cli/main.ts') },
    platform: 'node',
    // As the compiler does for the library: the oldest Node that will do knows no `using`.
    transform: { target: 'es2024' },
    external: [/^@opentelemetry\//],
    plugins: [builtinModules, yamlOnDemand, ownPlaces],
  });
  const { output } = await bundle.generate({
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: `${CHUNKS}/[name]-[hash].js`,
    comments: false,
    codeSplitting: { groups: TOGETHER },
  });
  const folder = join(dist, 'cli');
  mkdirSync(join(folder, CHUNKS), { recursive: true });
  const chunks = [...output.filter((each) => each.type === 'chunk'), await yamlChunk()];
  for (const { fileName, code } of chunks) writeFileSync(join(folder, fileName), narrow(code));
  writeFileSync(join(folder, 'THIRD-PARTY-LICENSES.txt'), licensesOf(chunks));
}

/** A single character beyond Latin-1 makes the engine keep the whole file with two bytes for each. */
function narrow(code: string): string {
  return code.replace(/[^\0-\xff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Small files that most commands need. Each file costs a third of a millisecond at every start. */
const TOGETHER: { name: string; test: RegExp }[] = [
  { name: 'node', test: /^\0node:/ },
  { name: 'runtime', test: /[/\\]src[/\\]runtime[/\\]/ },
];

/** What few sidecars need: TLS and HTTP/2 alone take 13 ms and 10 MB. Loaded when something of it is first used. */
const ON_DEMAND: ReadonlySet<string> = new Set([
  'child_process',
  'crypto',
  'dgram',
  'http2',
  'https',
  'readline',
  'tls',
  'zlib',
]);

/**
 * Node's own modules by `getBuiltinModule`. An `import` evaluates all that a module exports, among it what Node loads
 * only when it is used: that of `node:http` brings in Node's fetch and WebSocket, 15 ms and 5 MB.
 */
const builtinModules: Plugin = {
  name: 'builtin-modules',
  resolveId: {
    filter: { id: /^node:/ },
    handler: (id) => (id === 'node:module' ? undefined : { id: `\0${id}.cjs`, moduleSideEffects: false }),
  },
  load: {
    filter: { id: /^\0node:/ },
    handler(id) {
      const name = id.slice('\0node:'.length, -'.cjs'.length);
      const load = `process.getBuiltinModule(${JSON.stringify(`node:${name}`)})`;
      if (!ON_DEMAND.has(name)) return `module.exports = ${load};`;
      return lazyExports(Object.keys(process.getBuiltinModule(`node:${name}`) ?? {}), load);
    },
  },
};

/** The parser of YAML, beside the other chunks. In CommonJS, which can be loaded at the moment when it is needed. */
const YAML = 'yaml.cjs';

/** yaml by `require`, when something of it is first used: a sidecar without a configuration file takes 0.6 MB less. */
const yamlOnDemand: Plugin = {
  name: 'yaml-on-demand',
  resolveId: { filter: { id: /^yaml$/ }, handler: () => ({ id: '\0yaml-on-demand.cjs', moduleSideEffects: false }) },
  load: {
    filter: { id: /^\0yaml-on-demand\.cjs$/ },
    // By a name that the bundler does not resolve: it is to stay as it is, beside the chunk that the bundler gives `require`.
    handler: () => lazyExports(Object.keys(yaml), `require([".", "${YAML}"].join("/"))`),
  },
};

async function yamlChunk(): Promise<OutputChunk> {
  const bundle = await rolldown({ input: 'yaml', cwd: ROOT, platform: 'node' });
  const { output } = await bundle.generate({ format: 'cjs', comments: false, entryFileNames: `${CHUNKS}/${YAML}` });
  return output[0];
}

/** A CommonJS module that evaluates `load` when one of its exports is first read. */
function lazyExports(names: readonly string[], load: string): string {
  return `let loaded;
for (const name of ${JSON.stringify(names)})
  Object.defineProperty(exports, name, { enumerable: true, get: () => (loaded ??= ${load})[name] });`;
}

/** Code that looks for files beside its own finds them where the compiler would have put it. */
const ownPlaces: Plugin = {
  name: 'own-places',
  transform: {
    filter: { id: /[/\\]src[/\\].*\.ts$/, code: /import\.meta\.url/ },
    handler(code, id) {
      const place = relative(join(SOURCES, 'cli', CHUNKS), id)
        .replace(/\.ts$/, '.js')
        .replaceAll('\\', '/');
      return code.replaceAll('import.meta.url', `new URL(${JSON.stringify(place)}, import.meta.url).href`);
    },
  },
};

/** The licences of the packages whose code is in the program, as they ask for. */
function licensesOf(chunks: readonly OutputChunk[]): string {
  const folders = new Set(
    chunks.flatMap(({ moduleIds }) =>
      moduleIds.flatMap((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id) ?? []),
    ),
  );
  const texts = [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const [file] = globSync('{LICENSE,LICENCE,license}*', { cwd: folder });
    const text = file === undefined ? '' : readFileSync(join(folder, file), 'utf8').trim();
    return `${name} ${version} (${license})\n\n${text}\n`;
  });
  return `The program contains code of these packages.\n\n${texts.join(`\n${'-'.repeat(80)}\n\n`)}`;
}
