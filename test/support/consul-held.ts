import type { Transport, WireReply, WireRequest } from '../../src/consul/wire.ts';
import { settle } from './fake-clock.ts';

interface Held {
  readonly request: WireRequest;
  readonly settle: PromiseWithResolvers<WireReply>;
}

/** An agent that keeps every request waiting until the test answers it. */
export class HeldTransport implements Transport {
  readonly losses = 0;
  readonly #held: Held[] = [];

  send(request: WireRequest): Promise<WireReply> {
    const held: Held = { request, settle: Promise.withResolvers<WireReply>() };
    this.#held.push(held);
    request.signal?.addEventListener('abort', () => {
      this.#take(held);
      held.settle.reject(request.signal?.reason);
    });
    return held.settle.promise;
  }

  async close(): Promise<void> {}

  /** The paths that wait for an answer. */
  get paths(): readonly string[] {
    return this.#held.map(({ request }) => request.path).sort();
  }

  /** Answers the request for a path that has waited longest, and lets everything go on. */
  async answer(path: string, answer: WireReply | Error): Promise<void> {
    const held = this.#held.find(({ request }) => request.path === path);
    if (held === undefined) throw new Error(`nobody waits for ${path}, only for ${this.paths.join(', ')}`);
    this.#take(held);
    if (answer instanceof Error) held.settle.reject(answer);
    else held.settle.resolve(answer);
    await settle();
  }

  #take(held: Held): void {
    const index = this.#held.indexOf(held);
    if (index >= 0) this.#held.splice(index, 1);
  }
}
