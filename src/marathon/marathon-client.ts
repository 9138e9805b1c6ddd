import { DecodeError, type Decoder } from '../consul/decode/decoder.ts';
import { parseJson } from '../consul/decode/parse-json.ts';
import { type Clock, systemClock } from '../runtime/clock.ts';
import { HttpWire, type MarathonTls } from './client.ts';
import { decodeApps, decodeSingleApp } from './decode-app.ts';
import { decodeCallbackUrls, decodeInfo, decodeLeader, type MarathonInfo } from './decode-cluster.ts';
import { EVENT_TYPES } from './decode-event.ts';
import { decodePod, decodePods } from './decode-pod.ts';
import { decodeTasks } from './decode-task.ts';
import { Failover } from './failover.ts';
import { parseMarathonAddress } from './marathon-address.ts';
import type { MarathonApp } from './marathon-app.ts';
import { MarathonError } from './marathon-error.ts';
import { failureOf, saysAbsent } from './marathon-failure.ts';
import type { MarathonPod } from './marathon-pod.ts';
import type { MarathonTask } from './marathon-task.ts';
import {
  type MarathonReply,
  type MarathonRequest,
  type MarathonStream,
  type MarathonWire,
  urlOf,
} from './marathon-wire.ts';
import { followRedirect } from './stream-redirect.ts';
import type { ReadList } from './unreadable.ts';

/** How Marathon is reached. */
export interface MarathonClientOptions {
  /** Of one cluster, at least one: `http://host:8080`, `https://host/service/marathon`, … */
  readonly addresses: readonly string[];
  /** `user:password`, for HTTP Basic. */
  readonly auth?: string | undefined;
  /** Sent as `Authorization: token=…`, as DC/OS wants it. Wins over `auth`. */
  readonly token?: string | undefined;
  readonly tls?: MarathonTls | undefined;
  /** For a whole call to one address. Default 5 s. */
  readonly timeoutMs?: number | undefined;
  /** A larger answer is an error. Default 256 MiB: a label's value may have 600 KB. */
  readonly maxAnswerBytes?: number | undefined;
  readonly clock?: Clock | undefined;
  /** Instead of HTTP; for tests. */
  readonly wire?: MarathonWire | undefined;
  /** Puts something around the wire that sees all that goes to Marathon and comes back. */
  readonly around?: ((wire: MarathonWire) => MarathonWire) | undefined;
}

/** How a path is asked for. */
interface Ask {
  readonly method?: MarathonRequest['method'];
  readonly signal: AbortSignal | undefined;
  /** Whether a 404 of Marathon's own is an answer. */
  readonly mayBeAbsent?: boolean;
}

const EVENTS_PATH = `/v2/events?plan-format=light&${[...EVENT_TYPES, 'event_stream_attached']
  .map((type) => `event_type=${type}`)
  .join('&')}`;

/**
 * Marathon's HTTP API as far as the bridge needs it, of versions 0.9–1.11. Making one opens nothing. Every call tries
 * one address after the other and throws `MarathonError`, or the signal's reason when it is aborted.
 * Source: mesosphere/marathon `docs/docs/rest-api/public/api`.
 */
export class MarathonClient implements AsyncDisposable {
  readonly #wire: MarathonWire;
  readonly #failover: Failover;
  readonly #authorization: string | undefined;
  readonly #secrets: readonly string[];

  /** @throws Error when an address is none, or there is no address */
  constructor(options: MarathonClientOptions) {
    const { auth, token, timeoutMs = 5_000, maxAnswerBytes = 256 * 1024 * 1024, clock = systemClock } = options;
    this.#failover = new Failover(options.addresses.map(parseMarathonAddress));
    const wire = options.wire ?? new HttpWire({ tls: options.tls, clock, timeoutMs, maxAnswerBytes });
    this.#wire = options.around?.(wire) ?? wire;
    const basic = auth === undefined ? undefined : Buffer.from(auth).toString('base64');
    if (token !== undefined) this.#authorization = `token=${token}`;
    else if (basic !== undefined) this.#authorization = `Basic ${basic}`;
    const password = auth?.slice(auth.indexOf(':') + 1);
    this.#secrets = [token, basic, password].filter((secret) => secret !== undefined);
  }

  /** The addresses, for messages. */
  get address(): string {
    return this.#failover.toString();
  }

  /** All apps with their tasks. `GET /v2/apps`. */
  async apps(signal?: AbortSignal): Promise<ReadList<MarathonApp>> {
    const path = '/v2/apps?embed=apps.tasks&embed=apps.readiness';
    return this.#decoded(path, decodeApps, await this.#ask(path, { signal }));
  }

  /** An app with its tasks; undefined when there is none. `GET /v2/apps/{id}`. */
  async app(id: string, signal?: AbortSignal): Promise<MarathonApp | undefined> {
    const path = `/v2/apps${idPath(id)}?embed=app.tasks&embed=app.readiness`;
    const reply = await this.#ask(path, { signal, mayBeAbsent: true });
    return reply.status === 404 ? undefined : this.#decoded(path, decodeSingleApp, reply);
  }

  /** An app's tasks; none when there is no such app. `GET /v2/apps/{id}/tasks`. */
  async tasks(appId: string, signal?: AbortSignal): Promise<readonly MarathonTask[]> {
    const path = `/v2/apps${idPath(appId)}/tasks`;
    const reply = await this.#ask(path, { signal, mayBeAbsent: true });
    return reply.status === 404 ? [] : this.#decoded(path, decodeTasks, reply);
  }

  /** The tasks of all apps. `GET /v2/tasks`. */
  async allTasks(signal?: AbortSignal): Promise<readonly MarathonTask[]> {
    return this.#decoded('/v2/tasks', decodeTasks, await this.#ask('/v2/tasks', { signal }));
  }

  /** All pods; none where Marathon is older than pods, which came with 1.4. `GET /v2/pods/::status`. */
  async pods(signal?: AbortSignal): Promise<ReadList<MarathonPod>> {
    const path = '/v2/pods/::status';
    try {
      return this.#decoded(path, decodePods, await this.#ask(path, { signal }));
    } catch (error) {
      const missing = error instanceof MarathonError && error.kind === 'NotFound';
      if (!missing || hasPods(await this.info(signal))) throw error;
      return { read: [], unreadable: [] };
    }
  }

  /** A pod; undefined when there is none. `GET /v2/pods/{id}::status`. */
  async pod(id: string, signal?: AbortSignal): Promise<MarathonPod | undefined> {
    const path = `/v2/pods${idPath(id)}::status`;
    const reply = await this.#ask(path, { signal, mayBeAbsent: true });
    return reply.status === 404 ? undefined : this.#decoded(path, decodePod, reply);
  }

  /** `GET /v2/info`. */
  async info(signal?: AbortSignal): Promise<MarathonInfo> {
    return this.#decoded('/v2/info', decodeInfo, await this.#ask('/v2/info', { signal }));
  }

  /** `host:port` of the one that leads; undefined: nobody. `GET /v2/leader`. */
  async leader(signal?: AbortSignal): Promise<string | undefined> {
    const reply = await this.#ask('/v2/leader', { signal, mayBeAbsent: true });
    return reply.status === 404 ? undefined : this.#decoded('/v2/leader', decodeLeader, reply);
  }

  /** The callbacks that Marathon knows. `GET /v2/eventSubscriptions`; gone with Marathon 1.5 (`NotFound`). */
  async callbackUrls(signal?: AbortSignal): Promise<readonly string[]> {
    const path = '/v2/eventSubscriptions';
    return this.#decoded(path, decodeCallbackUrls, await this.#ask(path, { signal }));
  }

  /** Has Marathon call this URL with every event. `POST /v2/eventSubscriptions`. */
  async subscribe(callbackUrl: string, signal?: AbortSignal): Promise<void> {
    await this.#ask(`/v2/eventSubscriptions?callbackUrl=${encodeURIComponent(callbackUrl)}`, {
      method: 'POST',
      signal,
    });
  }

  /** Has Marathon call this URL no more. `DELETE /v2/eventSubscriptions`. */
  async unsubscribe(callbackUrl: string, signal?: AbortSignal): Promise<void> {
    const path = `/v2/eventSubscriptions?callbackUrl=${encodeURIComponent(callbackUrl)}`;
    await this.#ask(path, { method: 'DELETE', signal });
  }

  /**
   * The event stream of the address that is asked first, or of the leader it points to. When there is none, another
   * address is the first. `GET /v2/events`.
   */
  async openEvents(signal: AbortSignal): Promise<MarathonStream> {
    const address = this.#failover.first;
    const headers = { accept: 'text/event-stream', 'cache-control': 'no-cache' };
    const request = { method: 'GET' as const, path: EVENTS_PATH, headers: this.#headers(headers), signal };
    try {
      const answer = await this.#wire.open(address, request);
      if (!('status' in answer)) return answer;
      const { address: leader, known } = followRedirect(request, answer, this.#failover);
      const bare = { ...request, headers: known ? request.headers : headers };
      const second = leader === undefined ? answer : await this.#wire.open(leader, bare);
      if (!('status' in second)) return second;
      throw failureOf(request, second, this.#secrets);
    } catch (error) {
      this.#failover.leave(address);
      throw error;
    }
  }

  /** Makes another address the first, if it is this one: its event stream ended. */
  leave(stream: MarathonStream): void {
    this.#failover.leave(stream.address);
  }

  /** Ends every call and stream and closes the connections. */
  close(): Promise<void> {
    return this.#wire.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #headers(own: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
    return this.#authorization === undefined ? own : { ...own, authorization: this.#authorization };
  }

  #ask(path: string, { method = 'GET', signal, mayBeAbsent = false }: Ask): Promise<MarathonReply> {
    const request = { method, path, headers: this.#headers({ accept: 'application/json' }), signal };
    return this.#failover.ask(async (address) => {
      const reply = await this.#wire.send(address, request);
      const { status } = reply;
      if ((status >= 200 && status < 300) || (mayBeAbsent && saysAbsent(reply))) return reply;
      throw failureOf(request, reply, this.#secrets);
    });
  }

  #decoded<T>(path: string, decode: Decoder<T>, reply: MarathonReply): T {
    try {
      return decode(parseJson(reply.body));
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      const { message: problem } = error;
      const url = urlOf(reply.address, path);
      throw new MarathonError({ kind: 'BadAnswer', method: 'GET', url, problem, status: reply.status, cause: error });
    }
  }
}

/** An id's path, each part encoded: `/group/my app` becomes `/group/my%20app`. */
function idPath(id: string): string {
  const parts = id.split('/').filter((part) => part !== '');
  return parts.map((part) => `/${encodeURIComponent(part.toWellFormed())}`).join('');
}

/** Whether a version has pods. A version that cannot be read is taken for a new one. */
function hasPods({ version }: MarathonInfo): boolean {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(version) ?? [];
  return major === undefined || Number(major) > 1 || (Number(major) === 1 && Number(minor) >= 4);
}
