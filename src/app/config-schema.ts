import { z } from 'zod';
import type { Config } from './config.ts';
import { upstreamDefaultsSchema, upstreamSchema } from './config-schema-upstream.ts';
import {
  appPort,
  duration,
  hostPort,
  http2Window,
  listen,
  NAME_PATTERN,
  NAME_RULE,
  size,
} from './config-schema-values.ts';

// A configuration is read once: to compile code for that takes longer than it saves.
z.config({ jitless: true });

const checkSchema = z
  .strictObject({
    id: z.string().min(1).optional().describe('check id; default: derived from the service id'),
    name: z.string().min(1).optional().describe('what the check is called in Consul'),
    http: z.string().min(1).optional().describe('path on the app, or a whole URL, that answers 2xx when well'),
    tcp: z
      .union([z.literal(true), hostPort])
      .optional()
      .describe('true for the app’s port, or host:port'),
    ttl: duration.optional().describe('the sidecar reports at least this often; silence is critical'),
    grpc: z
      .union([z.literal(true), z.string().min(1)])
      .optional()
      .describe('gRPC health protocol: true for the app’s port, or host:port/service'),
    method: z.string().min(1).optional().describe('HTTP method; default GET'),
    headers: z.record(z.string(), z.string()).optional().describe('HTTP headers to send'),
    tlsSkipVerify: z.boolean().optional().describe('do not verify the certificate of an https check'),
    interval: duration.optional().describe('time between probes; default 10s'),
    timeout: duration.optional().describe('time for one probe; default 5s'),
    deregisterAfter: duration.optional().describe('critical for this long: Consul removes the service; default 1m'),
    rise: z.int().min(1).optional().describe('good results in a row that make it passing; default 1'),
    fall: z.int().min(1).optional().describe('bad results in a row that make it critical; default 1'),
    status: z.enum(['passing', 'warning', 'critical']).optional().describe('status until the first probe'),
  })
  .refine((check) => [check.http, check.tcp, check.ttl, check.grpc].filter((kind) => kind !== undefined).length === 1, {
    error: 'exactly one of http, tcp, ttl, grpc',
  });

const serviceSchema = z.strictObject({
  name: z.string().regex(NAME_PATTERN, NAME_RULE).describe('name in the catalog'),
  port: appPort.describe('the port on which the app listens; 0: a free one, told to the app that run starts as PORT'),
  address: z
    .string()
    .min(1)
    .describe('auto, an IP, a host name, an interface name or a CIDR; where others reach the app'),
  id: z.string().min(1).optional().describe('default: name-address-port'),
  tags: z.array(z.string().min(1)).describe('tags in the catalog'),
  meta: z.record(z.string(), z.string()).describe('up to 64 pairs'),
  weights: z
    .strictObject({ passing: z.int().min(1).max(65_535), warning: z.int().min(0).max(65_535) })
    .describe('share of the traffic relative to other instances, when passing and when warning'),
  check: z
    .union([z.literal('none'), checkSchema])
    .optional()
    .describe('one check, or none; default: http /health'),
  checks: z.array(checkSchema).optional().describe('several checks, instead of check'),
  waitForApp: duration.describe('register only once the app answers, at the latest after this; 0s = at once'),
  healthListen: listen
    .optional()
    .describe('address where the sidecar answers Consul’s http check by path itself, for this very instance only'),
  enableTagOverride: z.boolean().describe('let others change the tags in the catalog'),
  drain: z
    .strictObject({
      wait: duration.describe('longest wait for callers to leave, after deregistering'),
      grace: duration.describe('longest wait for requests under way'),
    })
    .describe('how the sidecar leaves'),
});

const consulSchema = z.strictObject({
  address: z.string().min(1).describe('http://host:port, https://host:port or unix:///path of the local agent'),
  token: z.string().min(1).optional().describe('ACL token'),
  tokenFile: z.string().min(1).optional().describe('file with the token, read again when it changes'),
  auth: z.string().min(1).optional().describe('user:password, for a proxy before the agent'),
  datacenter: z.string().min(1).optional().describe('default: the agent’s own'),
  namespace: z.string().min(1).optional().describe('Consul Enterprise'),
  partition: z.string().min(1).optional().describe('Consul Enterprise'),
  tls: z
    .strictObject({
      ca: z.string().min(1).optional().describe('PEM file'),
      caPath: z.string().min(1).optional().describe('directory of PEM files'),
      cert: z.string().min(1).optional().describe('PEM file'),
      key: z.string().min(1).optional().describe('PEM file'),
      serverName: z.string().min(1).optional().describe('name in the agent’s certificate'),
      verify: z.boolean().optional().describe('default true'),
    })
    .optional()
    .describe('TLS to the agent'),
  wait: duration.describe('how long a blocking query may wait'),
  consistency: z
    .enum(['default', 'stale', 'consistent', 'cached'])
    .describe('of catalog reads; default: health through the agent’s cache, the rest as Consul does by default'),
  queriesPerSecond: z
    .number()
    .positive()
    .describe(
      'most discovery queries per second, all upstreams together; first queries of services apart, twice as many',
    ),
  trafficRules: z
    .boolean()
    .describe('follow service-resolver, service-splitter and service-router; false: spare Consul their three watches'),
});

const proxySchema = z.strictObject({
  listen: z
    .union([listen, z.array(listen, { error: 'a list of them' }).min(1)])
    .describe('address, unix:///path, or a list of them'),
  workers: z
    .int()
    .min(1)
    .max(64)
    .describe('processes that serve the proxy port; the first watches the catalog for all'),
  tls: z
    .strictObject({
      cert: z.string().min(1).describe('PEM file, read again when it changes'),
      key: z.string().min(1).describe('PEM file, read again when it changes'),
    })
    .optional()
    .describe('serve TLS, for listeners that must leave loopback'),
  allowedHosts: z.array(z.string().min(1)).describe('further Host names that are this proxy itself'),
  allowedOrigins: z.array(z.string().min(1)).describe('browser origins that may call, for example https://app.test'),
  trustForwarded: z.boolean().describe('append to the caller’s Forwarded and X-Forwarded-* instead of replacing them'),
  deadlineHeader: z.string().min(1).optional().describe('request header with the caller’s deadline, in milliseconds'),
  limits: z
    .strictObject({
      connections: z.int().min(1).describe('open connections of callers'),
      headerBytes: size.describe('a request head'),
      headerCount: z.int().min(1).describe('header lines'),
      targetBytes: size.describe('a request target'),
    })
    .describe('what callers may take'),
  timeouts: z
    .strictObject({
      head: duration.describe('a request head must be complete in this time'),
      idle: duration.describe('an idle kept-alive connection is closed after this'),
    })
    .describe('of callers’ connections'),
  http2: z
    .strictObject({
      maxConcurrentStreams: z.int().min(1).max(2_147_483_647).describe('requests at once on one session of a caller'),
      streamWindow: http2Window.describe('of a request’s body, sent before it was taken'),
      sessionWindow: http2Window.describe('of all bodies of a session together'),
      resetBurst: z.int().min(1).describe('requests that a caller may reset at once; beyond it the session is ended'),
      resetsPerSecond: z.int().min(1).describe('and each second afterwards'),
    })
    .describe('HTTP/2 with callers'),
});

const telemetrySchema = z.strictObject({
  traces: z
    .strictObject({ ratio: z.number().min(0).max(1).describe('share of new traces that is sampled, 0…1') })
    .describe('exported by OTLP when OTEL_EXPORTER_OTLP_* is set'),
  metrics: z
    .strictObject({
      prometheus: z
        .boolean()
        .describe(
          'serve /metrics; without it and without OTLP, requests are not counted, and the dashboard has no rates',
        ),
    })
    .describe('metrics'),
  logs: z
    .strictObject({
      level: z.enum(['debug', 'info', 'warn', 'error']).describe('least level that is written'),
      format: z.enum(['auto', 'json', 'pretty']).describe('auto: pretty on a terminal, else JSON'),
      access: z.enum(['off', 'errors', 'sampled', 'all']).describe('which requests get a line'),
      slow: duration.describe('a request that takes longer is logged as if it had failed'),
    })
    .describe('logs, on standard error'),
});

/** What `pilotfish.yaml` may hold once the defaults are under it; the one source of the JSON Schema and of docs/configuration.md. */
export const configSchema: z.ZodType<Config> = z.strictObject({
  service: serviceSchema.optional().describe('the app beside the sidecar; leave out for an outbound-only sidecar'),
  consul: consulSchema.describe('the Consul agent'),
  proxy: proxySchema.describe('the port on which the app calls others'),
  admin: z
    .strictObject({
      listen: listen.describe('address or unix:///path'),
      allowedHosts: z.array(z.string().min(1)).describe('further Host names that are this port itself'),
    })
    .describe('health, metrics, dashboard and API'),
  defaults: upstreamDefaultsSchema.describe('every upstream, unless it says otherwise'),
  upstreams: z
    .record(z.string().regex(NAME_PATTERN, NAME_RULE), upstreamSchema)
    .describe('by the name in the URL; services not listed are reachable by their own name, with the defaults'),
  snapshot: z
    .strictObject({
      path: z.string().min(1).optional().describe('directory; left out: no snapshot'),
      maxAge: duration.describe('an older snapshot is not used'),
    })
    .describe('the last good view on disk, for a restart while Consul is down'),
  kv: z
    .strictObject({
      prefix: z.string().min(1).optional().describe('Consul KV prefix with defaults and upstreams in it'),
    })
    .describe('configuration kept in Consul KV, read live'),
  telemetry: telemetrySchema.describe('metrics, traces, logs'),
});
