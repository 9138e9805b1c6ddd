import type { PolicyName } from '../../src/upstream/upstream-settings.ts';

/** What a contestant is asked to do: take requests on one port and send them on. */
export interface ProxyTask {
  readonly listenPort: number;
  /** `host:port` of every instance. */
  readonly endpoints: readonly [string, ...string[]];
  readonly policy: PolicyName;
  /** Where spans go (OTLP over HTTP, on the loopback). */
  readonly collectorPort: number;
  /** An empty directory for configuration and temporary files. */
  readonly directory: string;
}
