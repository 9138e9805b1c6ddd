import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { hasEnded } from './end-process.ts';

/** The program from source, as `bin` would run it. */
const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

/** How a finished command went. */
export interface CliResult {
  /** Undefined when a signal ended it. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a command gets besides its arguments. */
export interface CliOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Another entry point, such as `dist/cli/main.js`. Default: from source. */
  readonly program?: string | undefined;
}

/** A pilotfish process owned by one test. */
export class CliProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #ended: Promise<CliResult>;
  readonly #watchers = new Set<() => void>();
  stdout = '';
  stderr = '';

  constructor(args: readonly string[], { env = {}, cwd, program = MAIN }: CliOptions = {}) {
    const clean = Object.entries(process.env).filter(([name]) => !/^(CONSUL|SERVICE|PILOTFISH|OTEL)_/.test(name));
    this.#child = spawn(process.execPath, [program, ...args], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...Object.fromEntries(clean), NO_COLOR: '1', ...env },
      cwd,
    });
    this.#child.stdout?.on('data', (chunk: Buffer) => {
      this.stdout += chunk.toString();
      for (const look of this.#watchers) look();
    });
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.stderr += chunk.toString();
      for (const look of this.#watchers) look();
    });
    this.#ended = once(this.#child, 'exit').then(([code]) => {
      for (const look of this.#watchers) look();
      return { code: (code as number | null) ?? undefined, stdout: this.stdout, stderr: this.stderr };
    });
  }

  /** Runs a command to its end. */
  static async run(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
    await using process = new CliProcess(args, options);
    return await process.ended;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get hasEnded(): boolean {
    return hasEnded(this.#child);
  }

  get ended(): Promise<CliResult> {
    return this.#ended;
  }

  /** Where a sidecar serves, once it does. @throws Error with its output if it ends before */
  async ready(): Promise<{ readonly proxyUrl: string; readonly adminUrl: string }> {
    const ready = once(this.#child, 'message').then(([message]) => message as { proxyUrl: string; adminUrl: string });
    const ended = this.#ended.then(({ code, stderr }) => {
      throw new Error(`ended with ${code} before it served:\n${stderr}`);
    });
    return await Promise.race([ready, ended]);
  }

  /** Waits until something was written that matches. @throws Error when the process ends without it */
  async written(pattern: RegExp): Promise<RegExpExecArray> {
    return await new Promise((resolve, reject) => {
      const look = (): void => {
        const match = pattern.exec(this.stdout + this.stderr);
        if (match !== null) {
          this.#watchers.delete(look);
          resolve(match);
        } else if (this.hasEnded) {
          this.#watchers.delete(look);
          reject(new Error(`ended without ${pattern}:\n${this.stdout}${this.stderr}`));
        }
      };
      this.#watchers.add(look);
      look();
    });
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // In order, so that an app it has started ends with it.
    if (!this.hasEnded) this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 20_000);
    await this.#ended;
    clearTimeout(timer);
  }
}
