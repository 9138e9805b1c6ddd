import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

/** An instruction of a Dockerfile, its lines joined. */
interface Step {
  readonly keyword: string;
  readonly text: string;
}

interface Stage {
  readonly name: string | undefined;
  readonly steps: readonly Step[];
}

/** What the last stage leaves. */
export interface BuiltImage {
  /** The folder that is the image's `/`. */
  readonly root: string;
  /** Paths inside are those of {@link root}, so that it can be run without a container. */
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly healthcheck: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly user: string | undefined;
}

/** Where and of what an image is built. */
export interface BuildOptions {
  /** A checkout; what its `.dockerignore` keeps out is deleted from it, as it is not sent to Docker either. */
  readonly context: string;
  /** Gets a folder for each stage. */
  readonly into: string;
}

/**
 * Carries a Dockerfile's steps out without Docker: each stage is a folder, WORKDIR and COPY are paths in it, RUN runs there.
 * The base image is this machine.
 * @throws Error when a step fails, or is none that is known here
 */
export function buildImage({ context, into }: BuildOptions): BuiltImage {
  applyIgnore(context);
  const stages = stagesIn(readFileSync(join(context, 'Dockerfile'), 'utf8'));
  const roots = new Map<string, string>();
  let image: BuiltImage | undefined;
  for (const [index, { name, steps }] of stages.entries()) {
    const root = join(into, name ?? `stage-${index}`);
    mkdirSync(root, { recursive: true });
    image = carryOut(steps, { root, context, stages: roots });
    if (name !== undefined) roots.set(name, root);
  }
  if (image === undefined) throw new Error('the Dockerfile has no stage');
  return image;
}

interface StagePlace {
  readonly root: string;
  readonly context: string;
  readonly stages: ReadonlyMap<string, string>;
}

function carryOut(steps: readonly Step[], place: StagePlace): BuiltImage {
  const { root } = place;
  let folder = root;
  let user: string | undefined;
  const environment: Record<string, string> = {};
  const lists: Record<string, readonly string[]> = {};
  for (const { keyword, text } of steps) {
    if (keyword === 'WORKDIR') folder = madeFolder(join(root, text));
    else if (keyword === 'COPY') copy(text, folder, place);
    else if (keyword === 'RUN') run(text, folder, environment);
    else if (keyword === 'ENV') Object.assign(environment, Object.fromEntries([text.split('=')]));
    else if (keyword === 'USER') user = text;
    else if (keyword === 'HEALTHCHECK') lists[keyword] = inRoot(text.replace(/^.*?CMD /, ''), root);
    else if (keyword === 'ENTRYPOINT' || keyword === 'CMD') lists[keyword] = inRoot(text, root);
    else if (!['LABEL', 'EXPOSE', 'STOPSIGNAL'].includes(keyword)) throw new Error(`${keyword} is not known here`);
  }
  const { ENTRYPOINT: entrypoint = [], CMD: command = [], HEALTHCHECK: healthcheck = [] } = lists;
  return { root, entrypoint, command, healthcheck, environment, user };
}

function madeFolder(path: string): string {
  mkdirSync(path, { recursive: true });
  return path;
}

function run(command: string, cwd: string, environment: Readonly<Record<string, string>>): void {
  const { status, stdout, stderr } = spawnSync('sh', ['-c', command], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, ...environment },
  });
  if (status !== 0) throw new Error(`RUN ${command} ended with ${status}\n${stdout}${stderr}`);
}

function copy(text: string, folder: string, { context, stages }: StagePlace): void {
  const from = /^--from=(\S+) /.exec(text)?.[1];
  const source = from === undefined ? context : stages.get(from);
  if (source === undefined) throw new Error(`there is no stage ${from} before COPY ${text}`);
  const words = text.replace(/^--from=\S+ /, '').split(/\s+/);
  const target = words.pop() ?? '.';
  for (const word of words) {
    const path = join(source, word);
    // Docker puts a folder's contents at the target, a file into it when it ends in a slash.
    const to =
      statSync(path).isDirectory() || !target.endsWith('/')
        ? resolve(folder, target)
        : join(folder, target, basename(word));
    mkdirSync(dirname(to), { recursive: true });
    cpSync(path, to, { recursive: true, verbatimSymlinks: true });
  }
}

/** A command in Docker's JSON form, with the image's own paths where the image lies. */
function inRoot(text: string, root: string): readonly string[] {
  return (JSON.parse(text) as readonly string[]).map((word) => (word.startsWith('/app/') ? join(root, word) : word));
}

function stagesIn(text: string): readonly Stage[] {
  const lines = text
    .replace(/^#.*\n/gm, '')
    .replace(/\\\n\s*/g, ' ')
    .split('\n');
  const stages: { name: string | undefined; steps: Step[] }[] = [];
  for (const line of lines.filter((each) => each.trim() !== '')) {
    const [, keyword = '', rest = ''] = /^(\S+)\s+(.*)$/.exec(line.trim()) ?? [];
    if (keyword === 'FROM') stages.push({ name: / AS (\S+)$/i.exec(rest)?.[1], steps: [] });
    else stages.at(-1)?.steps.push({ keyword, text: rest });
  }
  return stages;
}

/** `.dockerignore` of the form `*`, `!what`: deletes all but the named entries, the Dockerfile apart. */
function applyIgnore(context: string): void {
  const [first, ...kept] = readFileSync(join(context, '.dockerignore'), 'utf8').trim().split('\n');
  if (first !== '*' || !kept.every((line) => /^![\w.-]+$/.test(line)))
    throw new Error('.dockerignore is of another form');
  const names = new Set(['Dockerfile', ...kept.map((line) => line.slice(1))]);
  for (const name of readdirSync(context)) if (!names.has(name)) rmSync(join(context, name), { recursive: true });
}
