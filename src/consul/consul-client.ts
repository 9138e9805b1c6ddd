import { type Clock, systemClock } from '../runtime/clock.ts';
import { type Random, systemRandom } from '../runtime/random.ts';
import { AclApi } from './acl.ts';
import { AgentApi } from './agent.ts';
import { AgentGuard } from './agent-guard.ts';
import { AgentReturn } from './agent-return.ts';
import { CatalogApi } from './catalog.ts';
import { ConfigEntryApi } from './config-entry.ts';
import { formatConsulAddress, parseConsulAddress } from './consul-address.ts';
import { ConsulError } from './consul-error.ts';
import { CoordinateApi } from './coordinate.ts';
import { DiscoveryChainApi } from './discovery-chain.ts';
import { EventApi } from './event.ts';
import { Exchange } from './exchange.ts';
import { HealthApi } from './health.ts';
import { KvApi } from './kv.ts';
import { type LeadOptions, runAsLeader } from './leader.ts';
import type { Lock } from './lock.ts';
import { type LockOptions, Locks } from './locks.ts';
import { DEFAULT_WAIT_MS } from './poll-deadline.ts';
import { PollSlots } from './poll-slots.ts';
import { PreparedQueryApi } from './prepared-query.ts';
import type { QueryBudget } from './query-budget.ts';
import type { Consistency } from './read-options.ts';
import { SessionApi } from './session.ts';
import { StatusApi } from './status.ts';
import { TokenFile } from './token-file.ts';
import { fixedToken, type TokenSource } from './token-source.ts';
import { type ConsulTls, HttpTransport } from './transport.ts';
import { TxnApi } from './txn.ts';
import { Watcher } from './watch.ts';
import type { Transport } from './wire.ts';

/** How Consul is reached, and what calls fall back to. Nothing is read from the environment. */
export interface ConsulClientOptions {
  /** `http://…`, `https://…`, `host:port` or `unix:///path`. Default `http://127.0.0.1:8500`. */
  readonly address?: string | undefined;
  /** ACL token, or where to get it. */
  readonly token?: string | TokenSource | undefined;
  /** File with the ACL token, read again when it changes. Wins over `token`. */
  readonly tokenFile?: string | undefined;
  /** `user:password` for a gateway in front of Consul (HTTP Basic). */
  readonly auth?: string | undefined;
  readonly tls?: ConsulTls | undefined;
  readonly datacenter?: string | undefined;
  readonly namespace?: string | undefined;
  readonly partition?: string | undefined;
  /** For reads that do not say. Default: Consul's own, but health and catalog watches go through the agent's cache. */
  readonly consistency?: Consistency | undefined;
  /** How long a blocking read waits. Default 55 s: after an agent's restart an index can hang a whole wait. */
  readonly waitMs?: number | undefined;
  /** For a whole call that does not block. Default 10 s: without a leader, an agent takes 7 s to say so. */
  readonly timeoutMs?: number | undefined;
  /** A larger answer is an error. Default 64 MiB. */
  readonly maxAnswerBytes?: number | undefined;
  /**
   * Connections for polls. Consul allows 200 per client address, and all programs of the host share them. Default 128.
   */
  readonly pollConnections?: number | undefined;
  /** Shared by all clients of a process that are to be counted, and limited, together. */
  readonly budget?: QueryBudget | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
  /** Instead of HTTP to `address`; for tests. */
  readonly transport?: Transport | undefined;
  /** Puts something around the transport that sees all that goes to the agent and comes back: to count it, say. */
  readonly around?: ((transport: Transport) => Transport) | undefined;
}

/**
 * Consul's HTTP API, typed. Making one opens nothing; the first call does. Every method throws `ConsulError`, or the
 * signal's reason when it is aborted.
 */
export class ConsulClient implements AsyncDisposable {
  readonly acl: AclApi;
  readonly agent: AgentApi;
  readonly catalog: CatalogApi;
  readonly health: HealthApi;
  readonly kv: KvApi;
  readonly session: SessionApi;
  readonly txn: TxnApi;
  readonly event: EventApi;
  readonly status: StatusApi;
  /** Prepared queries. */
  readonly query: PreparedQueryApi;
  /** Config entries. */
  readonly config: ConfigEntryApi;
  readonly discoveryChain: DiscoveryChainApi;
  readonly coordinate: CoordinateApi;
  /** Where the agent is, for messages. */
  readonly address: string;
  readonly #transport: Transport;
  readonly #locks: Locks;
  readonly #closing = new AbortController();

  /** @throws Error when the address is none */
  constructor(options: ConsulClientOptions = {}) {
    const address = parseConsulAddress(options.address ?? 'http://127.0.0.1:8500');
    const clock = options.clock ?? systemClock;
    const random = options.random ?? systemRandom;
    const { budget, pollConnections = 128 } = options;
    this.address = formatConsulAddress(address);
    const transport =
      options.transport ??
      new HttpTransport({
        address,
        tls: options.tls,
        clock,
        maxAnswerBytes: options.maxAnswerBytes ?? 64 * 1024 * 1024,
        pollConnections,
      });
    this.#transport = options.around?.(transport) ?? transport;
    const defaults = {
      datacenter: options.datacenter,
      namespace: options.namespace,
      partition: options.partition,
      consistency: options.consistency,
      waitMs: options.waitMs ?? DEFAULT_WAIT_MS,
      timeoutMs: options.timeoutMs ?? 10_000,
    };
    const guard = new AgentGuard(async (signal) => (await this.agent.self({ signal })).version, defaults);
    const slots = new PollSlots({ clock, slots: pollConnections });
    const agentReturn = new AgentReturn({ clock, random, isThere: (signal) => hasLeader(this.status, signal) });
    const exchange = new Exchange({
      transport: this.#transport,
      tokens: tokensOf(options, clock),
      authorization: options.auth === undefined ? undefined : `Basic ${Buffer.from(options.auth).toString('base64')}`,
      defaults,
      clock,
      random,
      budget,
      slots,
      guard: (call, read) => guard.check(call, read),
    });
    const watcher = new Watcher({
      clock,
      random,
      budget,
      losses: () => this.#transport.losses,
      slots,
      backOff: (forMs, signal) => agentReturn.sleep(forMs, signal),
      closing: this.#closing.signal,
    });
    this.acl = new AclApi(exchange);
    this.agent = new AgentApi(exchange, watcher);
    this.catalog = new CatalogApi(exchange, watcher);
    this.health = new HealthApi(exchange, watcher);
    this.kv = new KvApi(exchange, watcher);
    this.session = new SessionApi(exchange);
    this.txn = new TxnApi(exchange);
    this.event = new EventApi(exchange, watcher);
    this.status = new StatusApi(exchange);
    this.query = new PreparedQueryApi(exchange, watcher);
    this.config = new ConfigEntryApi(exchange, watcher);
    this.discoveryChain = new DiscoveryChainApi(exchange, watcher);
    this.coordinate = new CoordinateApi(exchange);
    this.#locks = new Locks({ kv: this.kv, sessions: this.session, clock, random });
  }

  /**
   * Waits for the lock on a key and returns it held: `await using lock = await consul.lock('jobs/nightly')`. Its session
   * is kept alive until it is released; `lock.lost` aborts when it is held no more.
   */
  lock(key: string, options: LockOptions = {}): Promise<Lock> {
    return this.#locks.acquire(key, options);
  }

  /**
   * Leader election. Waits until this process leads by holding the lock on `key`, then calls `lead`, whose signal aborts
   * when it leads no more. Ends when `lead` returns; runs for office again when it was lost.
   */
  runAsLeader(key: string, lead: (inOffice: AbortSignal) => Promise<void>, options: LeadOptions = {}): Promise<void> {
    return runAsLeader(this.#locks, key, lead, options);
  }

  /** Ends every call and watch under way and closes the connections. */
  close(): Promise<void> {
    this.#closing.abort();
    return this.#transport.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** How long a look after an agent that is away may take. */
const LOOK_TIMEOUT_MS = 2_000;

async function hasLeader(status: StatusApi, signal: AbortSignal): Promise<boolean> {
  try {
    return (await status.leader({ signal, timeoutMs: LOOK_TIMEOUT_MS })) !== undefined;
  } catch (error) {
    if (error instanceof ConsulError) return false;
    throw error;
  }
}

function tokensOf({ token, tokenFile }: ConsulClientOptions, clock: Clock): TokenSource {
  if (tokenFile !== undefined) return new TokenFile(tokenFile, clock);
  return typeof token === 'object' ? token : fixedToken(token);
}
