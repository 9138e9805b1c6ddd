/** The lowest layer of every configuration, in the words of the file. */
export const DEFAULT_CONFIG = {
  consul: {
    address: 'http://127.0.0.1:8500',
    wait: '5m',
    consistency: 'default',
    queriesPerSecond: 50,
    trafficRules: true,
  },
  proxy: {
    listen: '127.0.0.1:7700',
    workers: 1,
    allowedHosts: [],
    allowedOrigins: [],
    trustForwarded: false,
    limits: { connections: 10_000, headerBytes: '64KiB', headerCount: 1000, targetBytes: '16KiB' },
    timeouts: { head: '10s', idle: '75s' },
  },
  admin: { listen: '127.0.0.1:7701', allowedHosts: [] },
  defaults: {
    policy: 'round-robin',
    passing: true,
    timeouts: { connect: '1s', firstByte: '15s', idle: '5m', total: '0s' },
    retry: {
      attempts: 2,
      on: ['connect', 'reset', 502, 503, 504],
      budget: '20%',
      budgetFloor: 3,
      buffer: '64KiB',
    },
    outlier: {
      consecutiveFailures: 5,
      consecutiveGatewayFailures: 0,
      ejectFor: '30s',
      maxEjectFor: '5m',
      maxEjected: '50%',
      successRateDeviation: 0,
      successRateVolume: 100,
      interval: '10s',
      slowStart: '10s',
    },
    probe: { type: 'off', path: '/health', interval: '5s', timeout: '1s', rise: 2, fall: 3 },
    limits: { connections: 1024, pending: 1024, requests: 0 },
    panicBelow: '50%',
  },
  upstreams: {},
  snapshot: { maxAge: '24h' },
  kv: {},
  telemetry: {
    traces: { ratio: 0.01 },
    metrics: { prometheus: true },
    logs: { level: 'info', format: 'auto', access: 'errors', slow: '5s' },
  },
} as const;

/** What stands under a `service` section, where there is one. */
export const DEFAULT_SERVICE = {
  address: 'auto',
  tags: [],
  meta: {},
  weights: { passing: 1, warning: 1 },
  waitForApp: '30s',
  enableTagOverride: false,
  drain: { wait: '10s', grace: '30s' },
} as const;
