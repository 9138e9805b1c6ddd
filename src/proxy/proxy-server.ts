import { networkInterfaces } from 'node:os';
import { ClientConnection } from '../http1/client-connection.ts';
import { Deadlines } from '../http1/deadlines.ts';
import {
  type ListenAddress,
  Listener,
  type ListenerOptions,
  type ListenerTls,
  type MakeSocket,
  type Peer,
} from '../http1/listener.ts';
import type { Clock, Timer } from '../runtime/clock.ts';
import type { TraceDecider } from '../telemetry/trace-decision.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { addressRefusal, plainAddress } from './address-check.ts';
import { Exchange } from './exchange.ts';
import { H2Clients } from './h2-clients.ts';
import { hostOf } from './host-name.ts';
import type { LaneTraffic } from './lane.ts';
import { connectionsByOpenFiles } from './open-files.ts';
import { type Arrival, ProxyCore } from './proxy-core.ts';
import type { ProxySettings } from './proxy-settings.ts';
import { type ConnectionRecord, type Recorder, type RequestRecord, silentRecorder } from './recorder.ts';
import { Refusals } from './refusals.ts';
import { TcpClients } from './tcp-clients.ts';
import type { UpstreamDirectory } from './upstream-directory.ts';

/** What a {@link ProxyServer} is made of. */
export interface ProxyOptions {
  readonly settings: ProxySettings;
  readonly upstreams: UpstreamDirectory;
  readonly clock: Clock;
  /** Counts and measures; default: nobody does. */
  readonly recorder?: Recorder | undefined;
  /** Decides which requests are traced; undefined: none, and what callers say of traces passes through. */
  readonly tracer?: TraceDecider | undefined;
  /** Hears of each request that has ended, for the access log. The record is reused: copy what is to be kept. */
  readonly onRequest?: ((record: RequestRecord) => void) | undefined;
  /** Hears of each connection to a TCP upstream that has ended, for the access log. */
  readonly onConnection?: ((record: ConnectionRecord) => void) | undefined;
  /** Makes a listener; default: one that accepts in this process. */
  readonly openListener?: ((options: ListenerOptions) => Promise<Listener>) | undefined;
  /** Hears of a listener that cannot accept (too many open files, for example); it goes on listening. */
  readonly onListenerError?: ((error: Error) => void) | undefined;
}

/** A place to listen at, and what is special about it. */
export interface ListenOptions {
  /** Requests go to this upstream, whatever their path says. */
  readonly upstream?: (() => Upstream) | undefined;
  readonly tls?: ListenerTls | undefined;
}

/** How often connections to endpoints that have gone are looked for. */
const PRUNE_MS = 1000;

/** The data plane: listens, and answers each request with what an instance of the service it names says. */
export class ProxyServer {
  readonly #options: ProxyOptions;
  readonly #deadlines: Deadlines;
  readonly #core: ProxyCore;
  readonly #maxClients: number;
  readonly #ownListeners = new Set<string>();
  readonly #listeners: Listener[] = [];
  readonly #clients = new Map<ClientConnection, Exchange>();
  readonly #h2: H2Clients;
  readonly #tcp: TcpClients;
  readonly #refusals = new Refusals();
  #pruning: Timer;
  #drained: (() => void) | undefined;

  constructor(options: ProxyOptions) {
    const { settings, upstreams, clock, recorder, tracer, onRequest, onConnection } = options;
    this.#options = options;
    this.#maxClients = Math.min(settings.limits.connections, connectionsByOpenFiles());
    this.#deadlines = new Deadlines(clock);
    this.#core = new ProxyCore({
      settings,
      upstreams,
      deadlines: this.#deadlines,
      recorder: recorder ?? silentRecorder,
      tracer,
      onRequest,
      onConnection,
      refuseAddress: (ip, port) => addressRefusal(ip, port, this.#ownListeners),
      wallMs: () => clock.wallMs(),
    });
    this.#h2 = new H2Clients(this.#core);
    this.#tcp = new TcpClients(this.#core, () => this.#clientLeft());
    this.#pruning = this.#prune();
  }

  /** Open client connections. */
  get connections(): number {
    return this.#clients.size + this.#tcp.size;
  }

  /** The requests to each upstream, and the connections to its endpoints, by its key, at this moment. */
  traffic(): ReadonlyMap<string, LaneTraffic> {
    const all = new Map<string, LaneTraffic>();
    for (const lane of this.#core.lanes) all.set(lane.upstream.key, lane.readTraffic());
    return all;
  }

  /**
   * Listens at one more place; returns it with its real port.
   * @throws the system's error (EADDRINUSE, EACCES …)
   */
  async listen(address: ListenAddress, { upstream, tls }: ListenOptions = {}): Promise<ListenAddress> {
    const { onListenerError, openListener = Listener.open } = this.#options;
    const arrival = this.#arrivals(address, upstream, tls !== undefined);
    const listener = await openListener({
      address,
      tls,
      handshakeMs: this.#options.settings.limits.headMs,
      accept: (make, peer) => this.#accept(make, arrival(peer)),
      onError: (error) => onListenerError?.(error),
    });
    this.#listeners.push(listener);
    if ('port' in listener.address) {
      const { host, port } = listener.address;
      for (const ip of host === '0.0.0.0' || host === '::' ? ownAddresses() : [host]) {
        this.#ownListeners.add(`${plainAddress(ip) ?? ip}:${port}`);
      }
    }
    return listener.address;
  }

  /** Shows another certificate to callers that connect from now on; see {@link Listener.renewTls}. */
  renewTls(tls: ListenerTls): void {
    for (const listener of this.#listeners) listener.renewTls(tls);
  }

  /**
   * Takes no new connections, closes idle ones, answers what is under way with `Connection: close`, and resolves once
   * the last is done or `graceMs` have passed; then what is left is broken off.
   */
  async drain(graceMs: number): Promise<void> {
    this.#core.isDraining = true;
    await this.#closeListeners();
    for (const [client] of this.#clients) if (client.isIdle) client.close();
    this.#h2.drain();
    if (this.connections > 0) {
      await new Promise<void>((resolve) => {
        const timer = this.#options.clock.after(graceMs, resolve);
        this.#drained = () => {
          timer.cancel();
          resolve();
        };
      });
    }
    await this.close();
  }

  /** Stops at once: breaks off what is under way and closes everything. */
  async close(): Promise<void> {
    this.#pruning.cancel();
    await this.#closeListeners();
    for (const [client] of this.#clients) client.abort();
    this.#tcp.abort();
    this.#core.destroy();
  }

  async #closeListeners(): Promise<void> {
    await Promise.all(this.#listeners.splice(0).map((listener) => listener.close()));
  }

  #accept(make: MakeSocket, arrival: Arrival): void {
    const { settings, clock } = this.#options;
    const upstream = arrival.pinned?.();
    const isTcp = upstream?.settings.protocol === 'tcp';
    if (this.connections >= this.#maxClients) {
      if (isTcp) this.#refusals.drop(make);
      else this.#refusals.refuse(make, clock.wallMs());
      return;
    }
    if (isTcp) {
      this.#tcp.take(make, arrival.peer, upstream);
      return;
    }
    const client = new ClientConnection(make, settings.limits, this.#deadlines, () => {
      this.#clients.delete(client);
      this.#clientLeft();
    });
    client.onPreface = (socket) => this.#h2.take(socket, arrival);
    this.#clients.set(client, new Exchange(this.#core, client, arrival));
  }

  #clientLeft(): void {
    if (this.connections === 0) this.#drained?.();
  }

  /** What is the same for all connections that came in at `localAddress` of a listener is made once. */
  #arrivals(address: ListenAddress, pinned: (() => Upstream) | undefined, isTls: boolean): (peer: Peer) => Arrival {
    const { browserSafe, hosts } = this.#options.settings;
    const isUnguarded = !browserSafe || 'path' in address;
    const scheme = isTls ? 'https' : 'http';
    const names = new Map<string, ReadonlySet<string>>();
    return (peer) => {
      let ownNames = names.get(peer.localAddress);
      if (ownNames === undefined) {
        const own = new Set(hosts.map((host) => hostOf(host) ?? host.toLowerCase()));
        if (peer.localAddress !== '') own.add(peer.localAddress.replace(/^::ffff:/, ''));
        if ('host' in address) own.add(address.host.toLowerCase());
        ownNames = own;
        names.set(peer.localAddress, own);
      }
      return { peer, scheme, ownNames, isUnguarded, pinned };
    };
  }

  #prune(): Timer {
    return this.#options.clock.after(PRUNE_MS, () => {
      this.#core.prune();
      this.#pruning = this.#prune();
    });
  }
}

/** All addresses of this machine, for a listener on all of them. */
function ownAddresses(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((addresses) => (addresses ?? []).map(({ address }) => address));
}
