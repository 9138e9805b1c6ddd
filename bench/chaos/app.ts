import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { endProcess } from '../../test/support/end-process.ts';
import type { AppBehaviour } from './app-behaviour.ts';

/** The program that every app of the bench runs. */
export const APP_PROGRAM: string = fileURLToPath(new URL('../chaos-app.ts', import.meta.url));

/** What an app tells of itself. */
export interface AppCounts {
  /** Requests since it was started, health checks aside. */
  readonly served: number;
  /** When the last one came, by the wall clock. */
  readonly lastArrivalMs: number;
  readonly pid: number;
}

/** Changes what the app on a port does, if `behaviour` is given, and asks what it did so far. */
export async function controlApp(port: number, behaviour?: AppBehaviour): Promise<AppCounts> {
  const body = behaviour === undefined ? '' : JSON.stringify(behaviour);
  const answer = await fetch(`http://127.0.0.1:${port}/control`, { method: 'POST', body });
  return (await answer.json()) as AppCounts;
}

/** How an app is started. */
export interface ChaosAppOptions {
  readonly instance: string;
  readonly journal: string;
  /** Default: a free one. */
  readonly port?: number | undefined;
}

/** An app without a sidecar, that a scenario registers by itself. */
export class ChaosApp implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly instance: string;
  readonly port: number;

  private constructor(child: ChildProcess, instance: string, port: number) {
    this.#child = child;
    this.instance = instance;
    this.port = port;
  }

  static async start({ instance, journal, port }: ChaosAppOptions): Promise<ChaosApp> {
    const child = fork(APP_PROGRAM, {
      env: { ...process.env, INSTANCE: instance, JOURNAL: journal, PORT: String(port ?? 0) },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const [message] = (await once(child, 'message')) as [{ port: number }];
    return new ChaosApp(child, instance, message.port);
  }

  control(behaviour?: AppBehaviour): Promise<AppCounts> {
    return controlApp(this.port, behaviour);
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child.kill(signal);
  }

  /** Ends it at once, and waits until it is gone. */
  async kill(): Promise<void> {
    await endProcess(this.#child);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}
