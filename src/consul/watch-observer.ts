import type { AnswerMeta } from './answer.ts';
import type { ConsulError } from './consul-error.ts';

/** Hears how a watch is doing, apart from the changes that it yields. Must not throw. */
export interface WatchObserver {
  /** Consul has just answered: what was yielded last is still true. */
  confirmed?(meta: AnswerMeta): void;
  /** Consul answered with something old: the agent is cut off from the servers, or the server from its leader. */
  stale?(meta: AnswerMeta): void;
  /** Consul could not be asked; what was yielded last ages. The next try is after `retryInMs`. */
  failed?(error: ConsulError, retryInMs: number): void;
}
