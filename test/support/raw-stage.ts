import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { RawClient } from './raw-client.ts';
import { RecordingOrigin } from './recording-origin.ts';
import { startTestProxy, type TestProxy, type TestProxyOptions } from './test-proxy.ts';

/** How the proxy of a {@link Stage} differs from the usual one. */
type StageOptions = Omit<TestProxyOptions, 'upstreams'>;

/** A proxy with the upstreams `svc` and `other`, each with one recording origin, for the tests of one file. */
export class Stage {
  readonly #options: StageOptions;
  readonly #clients: RawClient[] = [];
  #proxy: TestProxy | undefined;
  #origin: RecordingOrigin | undefined;
  #other: RecordingOrigin | undefined;

  constructor(options: StageOptions) {
    this.#options = options;
  }

  /** The only instance of `svc`. */
  get origin(): RecordingOrigin {
    return started(this.#origin);
  }

  /** The only instance of `other`. */
  get other(): RecordingOrigin {
    return started(this.#other);
  }

  get proxy(): TestProxy {
    return started(this.#proxy);
  }

  /** A new connection to the proxy; closed after the test. */
  async client(): Promise<RawClient> {
    const client = await RawClient.connect({ port: this.proxy.port });
    this.#clients.push(client);
    return client;
  }

  async open(): Promise<void> {
    this.#origin = await RecordingOrigin.start();
    this.#other = await RecordingOrigin.start();
    this.#proxy = await startTestProxy({
      ...this.#options,
      upstreams: { svc: [this.origin.address], other: [this.other.address] },
    });
  }

  /** Between two tests: no connection is left, nothing is remembered. */
  async clear(): Promise<void> {
    for (const client of this.#clients.splice(0)) await client[Symbol.asyncDispose]();
    await this.origin.forget();
    await this.other.forget();
  }

  async close(): Promise<void> {
    await this.#proxy?.close();
    await this.#origin?.[Symbol.asyncDispose]();
    await this.#other?.[Symbol.asyncDispose]();
  }
}

/** A {@link Stage} that is opened before and closed after the tests of the calling file (or `describe`). */
export function useStage(options: StageOptions = {}): Stage {
  const stage = new Stage(options);
  beforeAll(() => stage.open());
  beforeEach(() => stage.clear());
  afterEach(() => stage.clear());
  afterAll(() => stage.close());
  return stage;
}

function started<T>(part: T | undefined): T {
  if (part === undefined) throw new Error('the stage is not open: use it inside a test');
  return part;
}
