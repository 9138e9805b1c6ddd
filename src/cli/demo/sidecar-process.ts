import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** What a sidecar tells its parent once it serves; sent over the IPC channel when there is one. */
export interface ReadyMessage {
  readonly type: 'ready';
  /** Base URLs, such as `http://127.0.0.1:7700`. */
  readonly proxyUrl: string;
  readonly adminUrl: string;
}

/** How a {@link SidecarProcess} is started. */
export interface SidecarProcessOptions {
  /** Flags of `pilotfish run`, and `--` with the app. */
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

const MAIN = fileURLToPath(new URL(`../main${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url));

/** A `pilotfish run` of its own, with its app; out of reach of the terminal's Ctrl-C, which is the demo's. */
export class SidecarProcess {
  readonly #child: ChildProcess;
  readonly ready: ReadyMessage;

  private constructor(child: ChildProcess, ready: ReadyMessage) {
    this.#child = child;
    this.ready = ready;
  }

  /**
   * Starts it and waits until it serves.
   * @throws Error with what it wrote, if it ends before
   */
  static async start({ args, environment }: SidecarProcessOptions): Promise<SidecarProcess> {
    const child = spawn(process.execPath, [MAIN, 'run', '--log-format', 'json', ...args], {
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: { ...process.env, ...environment },
    });
    let written = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      written = (written + chunk.toString()).slice(-4096);
    });
    const ready = await Promise.race([
      once(child, 'message').then(([message]) => message as ReadyMessage),
      once(child, 'exit').then(([code, signal]) => {
        throw new Error(`a sidecar of the demo ended with ${code ?? signal} before it served:\n${written}`);
      }),
    ]);
    return new SidecarProcess(child, ready);
  }

  /** Ends the sidecar at once, without a chance to tidy up. */
  async kill(): Promise<void> {
    if (this.#hasEnded) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }

  /** Asks the sidecar to leave in order; ends when it and its app have. */
  async drain(): Promise<void> {
    if (this.#hasEnded) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await ended;
  }

  get #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }
}
