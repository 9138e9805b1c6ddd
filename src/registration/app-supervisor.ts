import { type ChildProcess, spawn } from 'node:child_process';
import type { Clock } from '../runtime/clock.ts';
import { CodedError } from '../runtime/coded-error.ts';

/** The app of `pilotfish run -- app args…`. */
export interface AppSupervisorOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** The sidecar's own environment, which the app inherits. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Base URL of the proxy port: `PILOTFISH_URL`. */
  readonly proxyUrl: string;
  /** Base URL of the admin port: `PILOTFISH_ADMIN_URL`. */
  readonly adminUrl: string;
  /** The port on which the app is to listen: `PORT`; undefined: not set. */
  readonly port: number | undefined;
  readonly clock: Clock;
  /** Default: the sidecar's own streams. */
  readonly stdio?: 'inherit' | 'ignore';
}

/** How the app ended; exactly one of the two is set. */
export interface AppExit {
  readonly code: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
}

/** What the signals' numbers are where the exit code has to tell of them (POSIX). */
const SIGNAL_NUMBERS: ReadonlyMap<NodeJS.Signals, number> = new Map([
  ['SIGHUP', 1],
  ['SIGINT', 2],
  ['SIGQUIT', 3],
  ['SIGABRT', 6],
  ['SIGKILL', 9],
  ['SIGSEGV', 11],
  ['SIGPIPE', 13],
  ['SIGTERM', 15],
]);

/**
 * Starts the app as a child and ends with it. It restarts nothing: that is the init system's job, which sees the app's
 * exit code through the sidecar's. The child has a process group of its own, so that a Ctrl-C at the terminal reaches
 * only the sidecar, which deregisters before it passes the signal on.
 */
export class AppSupervisor {
  readonly #options: AppSupervisorOptions;
  readonly #child: ChildProcess;
  readonly #exited: Promise<AppExit>;
  #exit: AppExit | undefined;

  private constructor(options: AppSupervisorOptions, child: ChildProcess) {
    this.#options = options;
    this.#child = child;
    this.#exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.#exit = { code: code ?? undefined, signal: signal ?? undefined };
        resolve(this.#exit);
      });
    });
  }

  /**
   * Starts the app.
   * @throws CodedError `app_not_started`: not found, not executable
   */
  static async start(options: AppSupervisorOptions): Promise<AppSupervisor> {
    const { command, args, env, proxyUrl, adminUrl, port, stdio = 'inherit' } = options;
    const child = spawn(command, [...args], {
      stdio,
      detached: process.platform !== 'win32',
      env: {
        ...env,
        PILOTFISH_URL: proxyUrl,
        PILOTFISH_ADMIN_URL: adminUrl,
        ...(port === undefined ? {} : { PORT: String(port) }),
      },
    });
    const supervisor = new AppSupervisor(options, child);
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (cause) => reject(notStarted(command, cause)));
    });
    // A signal that cannot be delivered (the app has just ended) is reported as an error event, too.
    child.on('error', () => undefined);
    return supervisor;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Resolves when the app has ended. */
  get exited(): Promise<AppExit> {
    return this.#exited;
  }

  /** Passes a signal on to the app; its children are the app's business. */
  forward(signal: NodeJS.Signals): void {
    if (this.#exit === undefined) this.#child.kill(signal);
  }

  /** Passes `signal` on and waits for the app to end; after `graceMs` it is killed, with all that it has started. */
  async stop(signal: NodeJS.Signals, graceMs: number): Promise<AppExit> {
    this.forward(signal);
    const timer = this.#options.clock.after(graceMs, () => this.#kill());
    try {
      return await this.#exited;
    } finally {
      timer.cancel();
    }
  }

  #kill(): void {
    const { pid } = this.#child;
    if (this.#exit !== undefined || pid === undefined) return;
    try {
      process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
    } catch {
      // It has ended in this very moment.
      this.#child.kill('SIGKILL');
    }
  }
}

/** The exit code that tells of the app's end as a shell would: its own, or 128 and the signal's number. */
export function exitCodeOf({ code, signal }: AppExit): number {
  if (signal !== undefined) return 128 + (SIGNAL_NUMBERS.get(signal) ?? 0);
  return code ?? 1;
}

function notStarted(command: string, cause: Error): CodedError {
  const message = `cannot start the app "${command}": ${cause.message}; name a program that is on the PATH and executable`;
  return new CodedError(message, { code: 'app_not_started', side: 'internal', retryable: false, cause });
}
