import { RecordingOrigin } from '../support/recording-origin.ts';
import { startTestProxy, type TestProxy, type TestProxyOptions } from '../support/test-proxy.ts';

/** How the proxy of a {@link ProxyStage} differs from the usual one. */
export interface ProxyStageOptions {
  /** Default 2 s each. */
  readonly timeouts?: { readonly firstByteMs?: number; readonly idleMs?: number };
  readonly settings?: NonNullable<TestProxyOptions['settings']>;
}

/** A proxy before a recording origin, the only instance of `svc`. */
export class ProxyStage implements AsyncDisposable {
  readonly origin: RecordingOrigin;
  readonly proxy: TestProxy;

  private constructor(origin: RecordingOrigin, proxy: TestProxy) {
    this.origin = origin;
    this.proxy = proxy;
  }

  static async start({ timeouts, settings = {} }: ProxyStageOptions = {}): Promise<ProxyStage> {
    const origin = await RecordingOrigin.start();
    const all = { connectMs: 1000, firstByteMs: 2000, idleMs: 2000, totalMs: 0, ...timeouts };
    const proxy = await startTestProxy({
      upstreams: { svc: [origin.address] },
      upstreamSettings: { svc: { timeouts: all } },
      settings,
    });
    return new ProxyStage(origin, proxy);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.proxy.close();
    await this.origin[Symbol.asyncDispose]();
  }
}
