/*
 * Rows of the metric table: pilotfish-metrics.ts puts the kinds together. Names and labels are part of the outward contract
 * and of docs/metrics.md: they are added to, not changed. `upstream` is only ever the key of a known upstream.
 * Durations have the contract's buckets unless a row says otherwise.
 */

/** How values are spread. */
export const histogramTable = {
  serverDuration: {
    name: 'http.server.request.duration',
    unit: 's',
    help: 'Time from the head of a request of an app to the end of its answer',
    labels: ['upstream', 'http.request.method', 'http.response.status_code', 'error.type'],
  },
  clientDuration: {
    name: 'http.client.request.duration',
    unit: 's',
    help: 'Time of one attempt at an endpoint, to the end of its answer',
    labels: ['upstream', 'http.request.method', 'http.response.status_code', 'error.type'],
  },
  connectDuration: {
    name: 'pilotfish.upstream.connect.duration',
    unit: 's',
    help: 'Time to open a connection to an endpoint, TLS included',
    labels: ['upstream'],
  },
  tcpDuration: {
    name: 'pilotfish.tcp.connection.duration',
    unit: 's',
    help: 'Time from the acceptance of a connection to a TCP upstream to the end of both its ends',
    labels: ['upstream', 'error.type'],
    buckets: [0.01, 0.1, 1, 10, 60, 600, 3600, 86_400],
  },
  consulDuration: {
    name: 'pilotfish.consul.request.duration',
    unit: 's',
    help: 'Time of requests to Consul that do not block, by API group',
    labels: ['api'],
  },
  marathonSyncDuration: {
    name: 'pilotfish.marathon.sync.duration',
    unit: 's',
    help: 'Time to compare Marathon and Consul and to change what differs, by scope (all, apps)',
    labels: ['scope'],
  },
  gcDuration: {
    name: 'v8js.gc.duration',
    unit: 's',
    help: 'Garbage collections by type',
    labels: ['v8js.gc.type'],
    buckets: [0.01, 0.1, 1, 10],
  },
} as const;
