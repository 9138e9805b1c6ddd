import type { CodedError } from '../runtime/coded-error.ts';
import type { Endpoint } from './endpoint.ts';
import type { EndpointOrigin } from './endpoint-source.ts';
import type { EjectionReason } from './member-history.ts';
import type { ViewChange } from './view.ts';

/** What happens in an upstream, for logs, metrics, the event stream, and whoever keeps idle connections. */
export type UpstreamEvent =
  /** The set of endpoints changed. Idle connections to `removed` ones, and to old addresses of `changed`, can go. */
  | ({ readonly kind: 'view'; readonly origin: EndpointOrigin; readonly datacenter: string | undefined } & Omit<
      ViewChange,
      'recovered'
    >)
  | { readonly kind: 'ejected'; readonly endpoint: Endpoint; readonly reason: EjectionReason; readonly forMs: number }
  /** An ejection ended; the endpoint starts slowly. */
  | { readonly kind: 'returned'; readonly endpoint: Endpoint }
  /** Panic began or ended. */
  | { readonly kind: 'panic'; readonly on: boolean }
  /** Requests now go to another datacenter; undefined: to the upstream's own again. */
  | { readonly kind: 'failover'; readonly datacenter: string | undefined }
  /** The catalog could not be asked; the view stays and ages. */
  | { readonly kind: 'watch-failed'; readonly datacenter: string | undefined; readonly error: CodedError };

/** Hears of {@link UpstreamEvent}s as they happen; must not throw, and not call back into the upstream. */
export type UpstreamObserver = (event: UpstreamEvent, upstreamKey: string) => void;
