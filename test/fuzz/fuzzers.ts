import type { Fuzz } from './must.ts';
import { BodilessFuzz } from './play-bodiless.ts';
import { GrpcFuzz } from './play-grpc.ts';
import { H2Fuzz } from './play-h2.ts';
import { TlsFuzz } from './play-tls.ts';
import { TrafficFuzz } from './play-traffic.ts';
import { TunnelFuzz } from './play-tunnel.ts';

/** Every fuzzer that plays cases through a proxy, by the name that `--only` takes. */
export const FUZZERS: ReadonlyMap<string, () => Promise<Fuzz>> = new Map<string, () => Promise<Fuzz>>([
  ['http1', TrafficFuzz.start],
  ['bodiless', BodilessFuzz.start],
  ['tunnel', TunnelFuzz.start],
  ['tls', TlsFuzz.start],
  ['http2', H2Fuzz.start],
  ['grpc', GrpcFuzz.start],
]);
