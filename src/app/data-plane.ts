import type { ListenAddress, ListenerTls } from '../http1/listener.ts';
import type { Config, TelemetryConfig } from './config.ts';

/** Who serves the proxy's ports: this process, or its workers. Made and closed by the sidecar. */
export interface DataPlane {
  /** Listens, with this certificate at the proxy's own places; returns where, in the order of `proxy.listen`. @throws CodedError `proxy_listen_failed` and others; then it is to be closed */
  open(tls: ListenerTls | undefined): Promise<readonly ListenAddress[]>;
  /** Sets the metrics that are only known by looking. */
  collect(): void;
  /** Brings metrics and upstreams up to this moment, for whoever is about to read them. */
  refresh(): Promise<void>;
  /** Takes over another configuration, which was found valid. The upstreams of this process have it already. */
  reload(config: Config): Promise<void>;
  /** Shows another certificate to callers that connect from now on. */
  renewTls(tls: ListenerTls): void;
  setLogLevel(level: TelemetryConfig['logs']['level']): void;
  /** Takes nothing new, answers what is under way, at most for `graceMs`, and closes. */
  drain(graceMs: number): Promise<void>;
  /** Closes at once. */
  close(): Promise<void>;
}
