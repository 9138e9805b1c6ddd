import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { CodedError } from '../../runtime/coded-error.ts';
import type { ConfigSection } from '../build-tree.ts';
import type { Renderer } from './renderer.ts';

/** What a {@link FileRenderer} is made of. */
export interface FileRendererOptions {
  readonly render: Renderer;
  /** Written by rename, so that nobody reads half of it. Undefined: `onText` gets it. */
  readonly file: string | undefined;
  readonly onText: (text: string) => void;
  /** Run by the shell each time the file has changed. */
  readonly command: string | undefined;
  /** Only the owner may read a new file, since it may hold secrets; one that is there keeps its mode. */
  readonly mode?: number | undefined;
}

const OWNER_ONLY = 0o600;

/** Keeps a file up to date with the tree, and tells a program about it. */
export class FileRenderer {
  readonly #options: FileRendererOptions;

  constructor(options: FileRendererOptions) {
    this.#options = options;
  }

  /**
   * Renders the tree. A file whose text would be the same is left alone, and the command is not run.
   * @returns whether it changed
   * @throws CodedError `kv_not_renderable` (the old file stays), `kv_file_unwritable`, `kv_command_failed`
   */
  async take(tree: ConfigSection, signal: AbortSignal): Promise<boolean> {
    const { render, file, onText, command } = this.#options;
    const text = await render(tree);
    if (file === undefined) onText(text);
    else if (!(await this.#write(file, text))) return false;
    if (command !== undefined) await runCommand(command, signal);
    return true;
  }

  async #write(file: string, text: string): Promise<boolean> {
    const before = await readFile(file, 'utf8').catch(() => undefined);
    if (before === text) return false;
    const beside = `${file}.${randomBytes(6).toString('hex')}.tmp`;
    try {
      const mode = await stat(file).then(
        (stats) => stats.mode & 0o777,
        () => this.#options.mode ?? OWNER_ONLY,
      );
      await writeFile(beside, text, { mode: OWNER_ONLY, flag: 'wx' });
      await chmod(beside, mode);
      await rename(beside, file);
    } catch (cause) {
      await rm(beside, { force: true });
      const message = `${file} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`;
      throw new CodedError(message, { code: 'kv_file_unwritable', side: 'internal', retryable: true, cause });
    }
    return true;
  }
}

/** Its output goes to standard error; standard output is for data. */
function runCommand(command: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, { shell: true, stdio: ['ignore', 2, 2], signal });
    const fail = (how: string, cause?: unknown) =>
      reject(
        new CodedError(`the command after --exec ${how}: ${command}`, {
          code: 'kv_command_failed',
          side: 'app',
          retryable: false,
          cause,
        }),
      );
    child.on('error', (error) => (signal.aborted ? resolve() : fail(`could not be run (${error.message})`, error)));
    child.on('exit', (code, ended) => {
      if (code === 0 || signal.aborted) resolve();
      else fail(ended === null ? `ended with ${code}` : `was ended by ${ended}`);
    });
  });
}
