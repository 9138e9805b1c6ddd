import { z } from 'zod';
import type { UpstreamConfig, UpstreamDefaults } from './config.ts';
import {
  duration,
  hostPort,
  http2Window,
  listen,
  NAME_PATTERN,
  NAME_RULE,
  percentage,
  positiveDuration,
  size,
} from './config-schema-values.ts';

const policy = z
  .enum(['round-robin', 'random', 'least-connections', 'p2c', 'peak-ewma', 'ring-hash'])
  .describe('which instance gets the next request');

const hashOn = z
  .string()
  .regex(/^(?:header:[A-Za-z0-9-]+|cookie:[^\s;,=]+|source)$/, 'header:NAME, cookie:NAME or source')
  .describe('what ring-hash sticks to: header:NAME, cookie:NAME or source (the calling address)');

const retryOn = z.enum(['connect', 'reset', 'timeout']).or(z.union([z.literal(502), z.literal(503), z.literal(504)]));

const timeouts = z.strictObject({
  connect: duration.describe('TCP and TLS connect'),
  firstByte: duration.describe('from the request’s end to the answer’s head'),
  idle: duration.describe('between two pieces of a body, and on a tunnel'),
  total: duration.describe('the whole exchange, retries included; 0s = no limit'),
});
const retry = z.strictObject({
  attempts: z.int().min(1).max(10).describe('attempts in all; 1 = never again'),
  on: z.array(retryOn).describe('connect, reset, timeout, 502, 503, 504'),
  budget: percentage.describe('retries, as a share of the requests'),
  budgetFloor: z.int().min(0).describe('retries that are always allowed at the same time'),
  buffer: size.describe('a request body up to this size can be sent again'),
});
const outlier = z.strictObject({
  consecutiveFailures: z.int().min(0).describe('failures in a row (errors and 5xx); 0 = off'),
  consecutiveGatewayFailures: z.int().min(0).describe('502, 503, 504 and connection failures in a row; 0 = off'),
  ejectFor: duration.describe('times the number of ejections'),
  maxEjectFor: duration.describe('the longest ejection'),
  maxEjected: percentage.describe('of the instances, out at once; one may always be'),
  successRateDeviation: z.number().min(0).describe('standard deviations below the mean; 0 = off'),
  successRateVolume: z.int().min(1).describe('requests an instance needs in an interval to be compared'),
  interval: duration.describe('how often success rates are compared'),
  slowStart: duration.describe('an instance that comes back grows to its full share over this time'),
});
const probe = z.strictObject({
  type: z.enum(['off', 'http', 'tcp']).describe('http: a GET that must be answered with 2xx; tcp: a connection'),
  path: z
    .string()
    .regex(/^\/[\x21-\x7e]*$/, 'a path that begins with /')
    .describe('what is fetched with type http'),
  interval: positiveDuration.describe('each instance is asked about so often, at a moment of its own'),
  timeout: positiveDuration.describe('no answer for this long is a failure'),
  rise: z.int().min(1).describe('successes in a row until it is used again'),
  fall: z.int().min(1).describe('failures in a row until it is not used'),
});
const limits = z.strictObject({
  connections: z.int().min(0).describe('open connections to one instance; 0 = no limit'),
  pending: z.int().min(0).describe('requests of the upstream waiting for a connection; 0 = no limit'),
  requests: z.int().min(0).describe('requests under way in all; 0 = no limit'),
});
const http2 = z.strictObject({
  maxConcurrentStreams: z.int().min(1).max(2_147_483_647).describe('requests at once on one session'),
  streamWindow: http2Window.describe('of an answer’s body, sent before it was taken'),
  sessionWindow: http2Window.describe('of all bodies of a session together'),
  idle: duration.describe('a session without requests is ended after this'),
  pingInterval: duration.describe('least time between two PINGs, sent when something took too long'),
  pingTimeout: duration.describe('a session whose PING is not answered in this time is ended'),
});
const locality = z
  .strictObject({
    key: z.string().min(1).describe('node-meta or service-meta key, for example zone'),
    value: z.string().min(1).describe('the sidecar’s own value'),
    spillBelow: percentage.describe('traffic leaves when less than this share of the near instances is usable'),
  })
  .describe('prefer near instances');

const common = {
  policy,
  hashOn: hashOn.optional(),
  passing: z.boolean().describe('only passing instances; false: warning ones too, by their warning weight'),
  timeouts: timeouts.describe('0s = no limit'),
  retry: retry.describe('when a request is sent again'),
  outlier: outlier.describe('when an instance is taken out for a while'),
  probe: probe.describe('ask the instances themselves, besides what the catalog says'),
  limits: limits.describe('beyond a limit, requests fail at once with 503'),
  http2: http2.describe('HTTP/2 with the instances'),
  panicBelow: percentage.describe('below this usable share all instances are used, well or not'),
  locality: locality.optional(),
};

/** The `defaults` section: every setting has a value. */
export const upstreamDefaultsSchema: z.ZodType<UpstreamDefaults> = z.strictObject(common);

/** One entry of `upstreams`: what it says goes before `defaults`. */
export const upstreamSchema: z.ZodType<UpstreamConfig> = z.strictObject({
  service: z.string().regex(NAME_PATTERN, NAME_RULE).optional().describe('default: the upstream’s name'),
  tag: z.string().min(1).optional().describe('only instances with this tag'),
  datacenter: z.string().min(1).optional().describe('default: the agent’s own'),
  failover: z
    .array(z.string().min(1))
    .optional()
    .describe('datacenters to go to, in order, while this one has nothing usable'),
  endpoints: z.array(hostPort).min(1).optional().describe('a fixed list of host:port instead of the catalog'),
  preparedQuery: z.string().min(1).optional().describe('name or id of a prepared query in Consul to run instead'),
  fallback: z.array(hostPort).optional().describe('host:port to use when discovery has nothing and knows nothing'),
  listen: listen.optional().describe('an own local port for this upstream'),
  protocol: z.enum(['http1', 'http2', 'tcp']).optional().describe('what the instances speak; tcp needs an own port'),
  tls: z
    .strictObject({
      ca: z.string().min(1).optional().describe('PEM file, read again when it changes; default: the system’s'),
      cert: z.string().min(1).optional().describe('PEM file, read again when it changes'),
      key: z.string().min(1).optional().describe('PEM file, read again when it changes'),
      serverName: z.string().min(1).optional().describe('name in the certificate; default: the instance’s host'),
    })
    .optional()
    .describe('TLS to the instances'),
  policy: common.policy.optional(),
  hashOn: common.hashOn,
  passing: common.passing.optional(),
  timeouts: timeouts.partial().optional(),
  retry: retry.partial().optional(),
  outlier: outlier.partial().optional(),
  probe: probe.partial().optional(),
  limits: limits.partial().optional(),
  http2: http2.partial().optional(),
  panicBelow: common.panicBelow.optional(),
  locality: common.locality,
});
