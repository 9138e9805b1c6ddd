import { type Call, type RawAnswer, RawClient } from './dev-agent-call.ts';

/** What one change did to the watches. */
export interface Woken {
  readonly woken: ReadonlySet<string>;
  /** The watches that had nothing to show before the change. */
  readonly absent: ReadonlySet<string>;
}

/** How long a registry is given to wake everyone whom a change concerns. */
const GRACE_MS = 150;

/** A registry with a set of blocked queries, each asked again as soon as it was answered. */
export class Watched implements AsyncDisposable {
  readonly #client: RawClient;
  readonly #stop = new AbortController();
  readonly #woken = new Set<string>();
  readonly #absent = new Set<string>();
  readonly #polls: Promise<void>[] = [];

  private constructor(address: string) {
    this.#client = new RawClient(address);
  }

  /** Starts the watches and returns once all are blocked. */
  static async start(address: string, paths: readonly string[]): Promise<Watched> {
    const watched = new Watched(address);
    for (const path of paths) {
      const index = watched.#note(path, await watched.#client.send({ method: 'GET', path }));
      watched.#polls.push(watched.#poll(path, index));
    }
    await delay(GRACE_MS * 4);
    watched.#woken.clear();
    return watched;
  }

  /** Makes a change, and tells which watches were answered because of it. */
  async change(call: Call): Promise<Woken> {
    this.#woken.clear();
    const absent = new Set(this.#absent);
    await this.#client.send(call);
    await delay(GRACE_MS);
    return { woken: new Set(this.#woken), absent };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#polls);
    this.#client[Symbol.dispose]();
  }

  async #poll(path: string, from: string): Promise<void> {
    let index = from;
    while (!this.#stop.signal.aborted) {
      try {
        const target = `${path}${path.includes('?') ? '&' : '?'}index=${index}&wait=5m`;
        index = this.#note(path, await this.#client.send({ method: 'GET', path: target }, this.#stop.signal));
        this.#woken.add(path);
      } catch (error) {
        if (!this.#stop.signal.aborted) throw error;
      }
    }
  }

  #note(path: string, answer: RawAnswer): string {
    const isAbsent = answer.status === 404 || answer.body.toString().trim() === '[]';
    if (isAbsent) this.#absent.add(path);
    else this.#absent.delete(path);
    return answer.headers.get('x-consul-index') ?? '1';
  }
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
