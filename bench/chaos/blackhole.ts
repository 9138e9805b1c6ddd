import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../chaos-backlog.ts', import.meta.url));
/** The kernel takes one more than the backlog says; the rest of these find the queue full. */
const FILLING = 4;

/** A port on loopback that drops every SYN: the queue of a stopped listener, kept full. */
export class Blackhole implements AsyncDisposable {
  readonly port: number;
  readonly #close: () => Promise<void>;

  private constructor(port: number, close: () => Promise<void>) {
    this.port = port;
    this.#close = close;
  }

  static async start(): Promise<Blackhole> {
    const child = fork(PROGRAM, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    const [{ port }] = (await once(child, 'message')) as [{ port: number }];
    child.kill('SIGSTOP');
    const fillers: Socket[] = [];
    for (let count = 0; count < FILLING; count++) {
      fillers.push(connect(port, '127.0.0.1').on('error', () => undefined));
    }
    await Promise.race(fillers.map((filler) => once(filler, 'connect')));
    return new Blackhole(port, async () => {
      for (const filler of fillers) filler.destroy();
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }
}
