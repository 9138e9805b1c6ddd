import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { endProcess, hasEnded } from '../../test/support/end-process.ts';
import { LOAD_CORE, pinned } from './pinned-process.ts';

/** For requests that are under way when a load is paused. */
const SETTLE_MS = 15;
/** Longer than any bench. */
const DURATION = '24h';

/**
 * wrk in a closed loop that only runs now and then: it is stopped and goes on with the connections that it has, so that
 * several loads can take turns of parts of a second.
 */
export class PausedLoad implements AsyncDisposable {
  readonly #wrk: ChildProcess;

  private constructor(wrk: ChildProcess) {
    this.#wrk = wrk;
  }

  /** Opens the connections, and pauses. */
  static async start(port: number, path: string, connections: number): Promise<PausedLoad> {
    const plan = ['-t1', `-c${connections}`, `-d${DURATION}`, `http://127.0.0.1:${port}${path}`];
    const [program, rest] = pinned(LOAD_CORE, ['wrk', ...plan]);
    const load = new PausedLoad(spawn(program, rest, { stdio: 'ignore' }));
    await once(load.#wrk, 'spawn');
    await load.run(500);
    return load;
  }

  /** Runs for so long, and until what was asked is answered. @throws Error when wrk has ended */
  async run(forMs: number): Promise<void> {
    if (hasEnded(this.#wrk)) throw new Error(`wrk ended with ${this.#wrk.exitCode ?? this.#wrk.signalCode}`);
    this.#wrk.kill('SIGCONT');
    await sleep(forMs);
    this.#wrk.kill('SIGSTOP');
    await sleep(SETTLE_MS);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return endProcess(this.#wrk);
  }
}
