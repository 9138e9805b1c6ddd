import type { EndedRequest } from '../../admin/request-feed.ts';
import type { ListenerTls } from '../../http1/listener.ts';
import { CodedError, type ErrorSide } from '../../runtime/coded-error.ts';
import type { RegistryReading } from '../../telemetry/registry-reading.ts';
import type { EndpointSet, ServiceQuery } from '../../upstream/endpoint-source.ts';
import type { TrafficPlan } from '../../upstream/traffic-plan.ts';
import type { UpstreamEvent } from '../../upstream/upstream-event.ts';
import type { UpstreamLoad } from '../../upstream/upstream-load.ts';
import type { Config, TelemetryConfig } from '../config.ts';
import type { Place } from '../listeners.ts';

/** An error on its way to another process, where structured clone would leave its code behind. */
export interface PlainError {
  readonly message: string;
  readonly code: string;
  readonly side: ErrorSide;
  readonly retryable: boolean;
}

/** What a worker begins with. */
export interface WorkerStart {
  readonly kind: 'start';
  /** 1…`of`; a replacement has the number of the one it replaces. */
  readonly worker: number;
  readonly of: number;
  readonly config: Config;
  /** Where connections come from, by their number in {@link ToWorker} `connection`. */
  readonly places: readonly Place[];
  /** Of the proxy's own places; undefined: they are plain. */
  readonly tls: ListenerTls | undefined;
  /** The same for all workers, or a request that goes through two of them would be no loop. */
  readonly instanceId: string;
}

/** What the primary tells a worker. `call` numbers what is to be answered by a `reply`. */
export type ToWorker =
  | WorkerStart
  /** A connection of a place; its handle comes along. To be answered by `took`. */
  | { readonly kind: 'connection'; readonly place: number; readonly connection: number }
  | { readonly kind: 'set'; readonly watch: number; readonly set: EndpointSet }
  | { readonly kind: 'confirmed'; readonly watch: number }
  | { readonly kind: 'failed'; readonly watch: number; readonly error: PlainError }
  /** The traffic rules of a service as they are now; undefined: it has none. */
  | { readonly kind: 'rules'; readonly rules: number; readonly plan: TrafficPlan | undefined }
  /** What was gained since the last reading? `shows`: somebody wants to see requests as they end. */
  | { readonly kind: 'read'; readonly call: number; readonly shows: boolean }
  | { readonly kind: 'reload'; readonly call: number; readonly config: Config }
  | { readonly kind: 'renew-tls'; readonly tls: ListenerTls }
  | { readonly kind: 'log-level'; readonly level: TelemetryConfig['logs']['level'] }
  /** Answers what is under way, and ends. */
  | { readonly kind: 'drain'; readonly call: number; readonly graceMs: number };

/** What a worker has done and is doing. */
export interface WorkerReading {
  readonly metrics: RegistryReading;
  readonly upstreams: readonly UpstreamLoad[];
}

/** What a worker tells the primary. */
export type ToPrimary =
  /** It serves connections from now on. */
  | { readonly kind: 'serving' }
  /** It has the connection, and has not read from it yet. */
  | { readonly kind: 'took'; readonly connection: number }
  /** It cannot start. */
  | { readonly kind: 'broken'; readonly error: PlainError }
  | { readonly kind: 'watch'; readonly watch: number; readonly query: ServiceQuery }
  | { readonly kind: 'unwatch'; readonly watch: number }
  | { readonly kind: 'watch-rules'; readonly rules: number; readonly service: string }
  | { readonly kind: 'unwatch-rules'; readonly rules: number }
  | { readonly kind: 'event'; readonly event: WorkerEvent; readonly upstream: string }
  | { readonly kind: 'request'; readonly request: EndedRequest }
  | { readonly kind: 'reply'; readonly call: number; readonly reading: WorkerReading };

/** What a worker tells of its upstreams. `uses`: it has a view of it now. What the catalog says, the primary knows. */
export type WorkerEvent =
  | Exclude<UpstreamEvent, { readonly kind: 'view' | 'watch-failed' }>
  | { readonly kind: 'uses' };

/** An error as data. */
export function plainError(error: unknown): PlainError {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof CodedError)) return { message, code: 'worker_failed', side: 'internal', retryable: true };
  const { code, side, retryable } = error;
  return { message, code, side, retryable };
}

/** The error that {@link plainError} made data of. */
export function codedError({ message, ...options }: PlainError): CodedError {
  return new CodedError(message, options);
}
