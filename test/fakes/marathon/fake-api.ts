import type { FakeCluster } from './fake-cluster.ts';
import type { VersionTraits } from './marathon-version.ts';

/** What a fake API is made of. */
export interface FakeApiOptions {
  readonly cluster: FakeCluster;
  readonly traits: VersionTraits;
  /** `host:port` of the leader; undefined: nobody leads. */
  readonly leader: () => string | undefined;
  /** Callback URLs, where there are callbacks. */
  readonly callbackUrls: Set<string>;
}

/** An answer's status and JSON. */
export interface FakeAnswer {
  readonly status: number;
  readonly json: unknown;
}

/** What 0.15–1.4 mean by this is that they were started without `--event_subscriber http_callback`. */
const NOT_RUNNING = 'http event callback system is not running on this Marathon instance.';

/** Answers requests below `/v2` but the event stream. Source: mesosphere/marathon `rest-api/public/api`, by version. */
export class FakeApi {
  readonly #options: FakeApiOptions;
  /** False: as if it was not started with `--event_subscriber http_callback`. */
  callbacksOn = true;

  constructor(options: FakeApiOptions) {
    this.#options = options;
  }

  answer(method: string, url: URL): FakeAnswer {
    const path = decodeURIComponent(url.pathname);
    if (path === '/v2/eventSubscriptions') return this.#subscriptions(method, url);
    if (method !== 'GET') return notFound(path);
    if (path === '/v2/info') return ok(this.#info());
    if (path === '/v2/leader') {
      const leader = this.#options.leader();
      return leader === undefined ? { status: 404, json: { message: 'There is no leader' } } : ok({ leader });
    }
    if (path === '/v2/tasks') return ok(this.#options.cluster.tasksJson(this.#options.cluster.tasks.values()));
    if (path === '/v2/apps') return this.#apps(url);
    if (path.startsWith('/v2/apps/')) return this.#app(path.slice('/v2/apps'.length));
    if (path.startsWith('/v2/pods/') && this.#options.traits.instances) return this.#pod(path.slice('/v2/pods'.length));
    return notFound(path);
  }

  #apps(url: URL): FakeAnswer {
    const { cluster } = this.#options;
    const withTasks = url.searchParams.getAll('embed').includes('apps.tasks');
    return ok({ apps: [...cluster.apps.values()].map((app) => cluster.appJson(app, withTasks)) });
  }

  #app(path: string): FakeAnswer {
    const { cluster } = this.#options;
    const ofTasks = path.endsWith('/tasks');
    const id = ofTasks ? path.slice(0, -'/tasks'.length) : path;
    const app = cluster.apps.get(id);
    if (app === undefined) return { status: 404, json: { message: `App '${id}' does not exist` } };
    return ok(ofTasks ? cluster.tasksJson(cluster.tasksOf(id)) : { app: cluster.appJson(app, true) });
  }

  #pod(path: string): FakeAnswer {
    const { cluster } = this.#options;
    if (path === '/::status') return ok([...cluster.pods.keys()].map((id) => cluster.podJson(id)));
    const id = path.replace(/::status$/, '');
    const json = cluster.podJson(id);
    return json === undefined ? { status: 404, json: { message: `Pod '${id}' does not exist` } } : ok(json);
  }

  #subscriptions(method: string, url: URL): FakeAnswer {
    const { traits, callbackUrls } = this.#options;
    if (!traits.callbacks) return notFound('/v2/eventSubscriptions');
    if (!this.callbacksOn) return { status: 400, json: { message: NOT_RUNNING } };
    const callbackUrl = url.searchParams.get('callbackUrl');
    if (method === 'GET') return ok({ callbackUrls: [...callbackUrls] });
    if (callbackUrl === null || URL.parse(callbackUrl) === null) {
      return { status: 422, json: { message: 'Object is not valid', details: [{ path: '', errors: ['not a URL'] }] } };
    }
    const subscribes = method === 'POST';
    if (subscribes) callbackUrls.add(callbackUrl);
    else callbackUrls.delete(callbackUrl);
    const event = {
      eventType: subscribes ? 'subscribe_event' : 'unsubscribe_event',
      clientIp: '127.0.0.1',
      callbackUrl,
    };
    this.#options.cluster.publish(event);
    return ok(event);
  }

  /** Source: mesosphere/marathon `examples/info.json`. */
  #info(): unknown {
    const leader = this.#options.leader();
    return {
      name: 'marathon',
      version: this.#options.traits.full,
      elected: leader !== undefined,
      ...(leader === undefined ? {} : { leader }),
      frameworkId: '5c1e5c1e-0000',
      http_config: { http_port: 8080, https_port: 8443 },
    };
  }
}

function ok(json: unknown): FakeAnswer {
  return { status: 200, json };
}

function notFound(path: string): FakeAnswer {
  return { status: 404, json: { message: `URI not found: ${path}` } };
}
