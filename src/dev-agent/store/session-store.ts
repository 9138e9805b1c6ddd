import { randomUUID } from 'node:crypto';
import type { Clock, Timer } from '../../runtime/clock.ts';
import { storeFailure } from '../wire/refusal.ts';
import type { CatalogStore } from './catalog-store.ts';
import type { KvStore } from './kv-store.ts';
import type { Ledger } from './ledger.ts';

/** A session: what a lock is held by. Field names are those of Consul's JSON; durations are in milliseconds. */
export interface Session {
  readonly ID: string;
  readonly Name: string;
  readonly Node: string;
  readonly LockDelay: number;
  readonly Behavior: 'release' | 'delete';
  /** As the client wrote it; empty for a session without an end. */
  readonly TTL: string;
  readonly ttlMs: number;
  readonly NodeChecks: readonly string[];
  readonly ServiceChecks: readonly string[];
  readonly CreateIndex: number;
  readonly ModifyIndex: number;
}

/** What a session store stands on. */
export interface SessionStoreOptions {
  readonly ledger: Ledger;
  readonly kv: KvStore;
  readonly catalog: CatalogStore;
  readonly clock: Clock;
}

/**
 * Sessions and the locks they hold. A session ends when it is destroyed, when its TTL passed twice without a renewal,
 * or when one of its checks turns critical or vanishes; its keys are then released or deleted, and cannot be locked
 * again for the lock delay (docs/consul-client.md 49).
 */
export class SessionStore {
  readonly #options: SessionStoreOptions;
  readonly #sessions = new Map<string, Session>();
  readonly #timers = new Map<string, Timer>();
  /** Key → until when (monotonic) it cannot be locked. */
  readonly #delays = new Map<string, number>();

  constructor(options: SessionStoreOptions) {
    this.#options = options;
  }

  /** All sessions, by id. */
  list(): readonly Session[] {
    return [...this.#sessions.values()].sort((one, other) => (one.ID < other.ID ? -1 : 1));
  }

  get(id: string): Session | undefined {
    return this.#sessions.get(id);
  }

  /** Opens a session. @throws Refusal 500 if its node or a check is missing, or a check is critical */
  create(fields: Omit<Session, 'ID' | 'CreateIndex' | 'ModifyIndex'>): Session {
    const { ledger, catalog } = this.#options;
    return ledger.write((index) => {
      const entry = catalog.node(fields.Node);
      if (entry === undefined) throw storeFailure('Missing node registration');
      for (const id of [...fields.NodeChecks, ...fields.ServiceChecks]) {
        const check = entry.checks.get(id.toLowerCase());
        if (check === undefined) throw storeFailure(`Missing check '${id}' registration`);
        if (check.Status === 'critical') throw storeFailure(`Check '${id}' is in critical state`);
      }
      const session = { ...fields, ID: randomUUID(), CreateIndex: index, ModifyIndex: index };
      this.#keep(session);
      return session;
    });
  }

  /** Starts the session's TTL anew; undefined if it is gone. */
  renew(id: string): Session | undefined {
    const session = this.#sessions.get(id);
    if (session !== undefined) this.#arm(session);
    return session;
  }

  /** Ends a session; one that is gone is no error. */
  destroy(id: string): void {
    const { ledger, kv, clock } = this.#options;
    const session = this.#sessions.get(id);
    if (session === undefined) return;
    ledger.write(() => {
      this.#timers.get(id)?.cancel();
      this.#timers.delete(id);
      ledger.onUndo(() => this.#arm(session));
      ledger.drop(this.#sessions, id);
      ledger.touch('sessions');
      ledger.mark(`session/${id}`);
      for (const entry of kv.heldBy(id)) {
        if (session.LockDelay > 0) ledger.set(this.#delays, entry.Key, clock.nowMs() + session.LockDelay);
        if (session.Behavior === 'delete') kv.drop(entry.Key);
        else kv.put({ ...entry, lock: { LockIndex: entry.LockIndex, Session: undefined } });
      }
    });
  }

  /** Ends the sessions that rest on a check, or on the whole node. */
  checkLost(node: string, checkId: string | undefined): void {
    for (const session of this.list()) {
      if (session.Node.toLowerCase() !== node.toLowerCase()) continue;
      const checks = [...session.NodeChecks, ...session.ServiceChecks].map((id) => id.toLowerCase());
      if (checkId === undefined || checks.includes(checkId.toLowerCase())) this.destroy(session.ID);
    }
  }

  /** Whether `key` was lost by its holder so recently that nobody may lock it yet. */
  isDelayed(key: string): boolean {
    const untilMs = this.#delays.get(key);
    if (untilMs === undefined) return false;
    if (untilMs > this.#options.clock.nowMs()) return true;
    this.#delays.delete(key);
    return false;
  }

  /** Stops all timers. */
  close(): void {
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }

  /** Takes over what a state file kept; each session has its whole TTL again. */
  restore(sessions: readonly Session[]): void {
    for (const session of sessions) {
      this.#sessions.set(session.ID, session);
      this.#arm(session);
    }
  }

  #keep(session: Session): void {
    const { ledger } = this.#options;
    ledger.set(this.#sessions, session.ID, session);
    ledger.touch('sessions');
    ledger.mark(`session/${session.ID}`);
    this.#arm(session);
  }

  #arm(session: Session): void {
    this.#timers.get(session.ID)?.cancel();
    if (session.ttlMs <= 0) return;
    this.#timers.set(
      session.ID,
      this.#options.clock.after(session.ttlMs * 2, () => this.destroy(session.ID)),
    );
  }
}
