/*
 * Every metric of pilotfish, by kind: the rows that the registry, Prometheus text, OTLP and docs/metrics.md follow.
 * Names and labels are part of the outward contract: they are added to, not changed.
 * Durations have the contract's buckets unless a row says otherwise. `upstream` is only ever the key of a known upstream.
 */

/** What only grows. */
export const counterTable = {
  retries: {
    name: 'pilotfish.retries',
    unit: '{retry}',
    help: 'Attempts after the first, by why the one before failed',
    labels: ['upstream', 'reason'],
  },
  retriesRefused: {
    name: 'pilotfish.retries.refused',
    unit: '{retry}',
    help: 'Retries that the budget or the request did not allow',
    labels: ['upstream', 'reason'],
  },
  refusals: {
    name: 'pilotfish.refusals',
    unit: '{request}',
    help: 'Requests that pilotfish answered itself, by error code; upstream is absent when none was found',
    labels: ['upstream', 'error'],
  },
  ejections: {
    name: 'pilotfish.ejections',
    unit: '{ejection}',
    help: 'Endpoints taken out of use for a while, by why',
    labels: ['upstream', 'reason'],
  },
  catalogChanges: {
    name: 'pilotfish.catalog.changes',
    unit: '{change}',
    help: 'Views of an upstream that differed from the one before',
    labels: ['upstream'],
  },
  shrinksHeld: {
    name: 'pilotfish.catalog.shrinks_held',
    unit: '{shrink}',
    help: 'Times that a sudden loss of most endpoints was held back until there was evidence',
    labels: ['upstream'],
  },
  upstreamBytes: {
    name: 'pilotfish.upstream.io',
    unit: 'By',
    help: 'Bytes exchanged with endpoints, heads included',
    labels: ['upstream', 'direction'],
  },
  connects: {
    name: 'pilotfish.upstream.connects',
    unit: '{connection}',
    help: 'Connections opened to endpoints, or tried, by outcome',
    labels: ['upstream', 'outcome'],
  },
  consulRequests: {
    name: 'pilotfish.consul.requests',
    unit: '{request}',
    help: 'Requests to Consul by API group and outcome (the status, or error)',
    labels: ['api', 'outcome'],
  },
  consulBytes: {
    name: 'pilotfish.consul.received',
    unit: 'By',
    help: 'Bytes of answers read from Consul',
    labels: ['api'],
  },
  heartbeats: {
    name: 'pilotfish.registration.heartbeats',
    unit: '{heartbeat}',
    help: 'Reports of the own health to Consul, by outcome',
    labels: ['outcome'],
  },
  registrations: {
    name: 'pilotfish.registration.changes',
    unit: '{change}',
    help: 'Registrations and deregistrations of the own service that were done, by kind',
    labels: ['kind'],
  },
  spans: {
    name: 'pilotfish.telemetry.spans',
    unit: '{span}',
    help: 'Finished spans: exported, failed at the collector, or dropped because the queue was full',
    labels: ['outcome'],
  },
  logLines: {
    name: 'pilotfish.telemetry.log_lines',
    unit: '{line}',
    help: 'Log lines: written, or dropped because their reader was too slow',
    labels: ['outcome'],
  },
  cpuTime: {
    name: 'process.cpu.time',
    unit: 's',
    help: 'CPU time of the process, user and system',
    labels: [],
    prometheusName: 'process_cpu_seconds_total',
  },
} as const;

/** What goes up and down. */
export const gaugeTable = {
  serverActive: {
    name: 'http.server.active_requests',
    unit: '{request}',
    help: 'Requests from apps that are under way',
    labels: ['upstream'],
    isUpDown: true,
  },
  clientActive: {
    name: 'http.client.active_requests',
    unit: '{request}',
    help: 'Attempts at endpoints that are under way',
    labels: ['upstream'],
    isUpDown: true,
  },
  clientConnections: {
    name: 'http.client.open_connections',
    unit: '{connection}',
    help: 'Connections to endpoints, active or idle',
    labels: ['upstream', 'http.connection.state'],
    isUpDown: true,
  },
  serverConnections: {
    name: 'pilotfish.proxy.connections',
    unit: '{connection}',
    help: 'Connections from apps',
    labels: [],
    isUpDown: true,
  },
  endpoints: {
    name: 'pilotfish.upstream.endpoints',
    unit: '{endpoint}',
    help: 'Endpoints of an upstream by state: usable, ejected, draining, unhealthy',
    labels: ['upstream', 'state'],
  },
  panic: {
    name: 'pilotfish.upstream.panic',
    unit: '',
    help: 'Whether all endpoints of an upstream are used because too few are well',
    labels: ['upstream'],
  },
  catalogAge: {
    name: 'pilotfish.catalog.age',
    unit: 's',
    help: 'Time since the catalog last confirmed the view of an upstream',
    labels: ['upstream'],
  },
  upstreams: {
    name: 'pilotfish.upstreams',
    unit: '{upstream}',
    help: 'Upstreams that are watched',
    labels: [],
  },
  consulReachable: {
    name: 'pilotfish.consul.reachable',
    unit: '',
    help: 'Whether the last request to Consul was answered',
    labels: [],
  },
  consulPolls: {
    name: 'pilotfish.consul.polls',
    unit: '{poll}',
    help: 'Blocking queries that wait at the Consul agent',
    labels: [],
  },
  registered: {
    name: 'pilotfish.registration.registered',
    unit: '',
    help: 'Whether the own service is registered',
    labels: [],
  },
  draining: {
    name: 'pilotfish.draining',
    unit: '',
    help: 'Whether the sidecar is draining',
    labels: [],
  },
  loopDelay: {
    name: 'pilotfish.event_loop.delay',
    unit: 's',
    help: 'Delay of the event loop over the last 10 s or more: p50, p99, max',
    labels: ['statistic'],
  },
  loopUtilization: {
    name: 'nodejs.eventloop.utilization',
    unit: '1',
    help: 'Share of time that the event loop was busy, over the last 10 s or more',
    labels: [],
  },
  heapUsed: {
    name: 'v8js.memory.heap.used',
    unit: 'By',
    help: 'JavaScript heap in use',
    labels: [],
  },
  heapLimit: {
    name: 'v8js.memory.heap.limit',
    unit: 'By',
    help: 'Size at which V8 gives up',
    labels: [],
  },
  externalMemory: {
    name: 'pilotfish.memory.external',
    unit: 'By',
    help: 'Memory of buffers and of native objects bound to JavaScript',
    labels: [],
  },
  residentMemory: {
    name: 'process.memory.usage',
    unit: 'By',
    help: 'Resident memory',
    labels: [],
    prometheusName: 'process_resident_memory_bytes',
  },
  startTime: {
    name: 'process.start_time',
    unit: 's',
    help: 'Start of the process since the Unix epoch',
    labels: [],
  },
  openDescriptors: {
    name: 'process.open_file_descriptor.count',
    unit: '{file_descriptor}',
    help: 'Open file descriptors, where the system tells (Linux)',
    labels: [],
    prometheusName: 'process_open_fds',
  },
  openResources: {
    name: 'pilotfish.node.resources',
    unit: '{resource}',
    help: 'What keeps the event loop busy, by the name Node gives it: sockets, timers, requests',
    labels: ['type'],
  },
} as const;

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
  consulDuration: {
    name: 'pilotfish.consul.request.duration',
    unit: 's',
    help: 'Time of requests to Consul that do not block, by API group',
    labels: ['api'],
  },
  gcDuration: {
    name: 'v8js.gc.duration',
    unit: 's',
    help: 'Garbage collections by type',
    labels: ['v8js.gc.type'],
    buckets: [0.01, 0.1, 1, 10],
  },
} as const;

/** What is known once and for all, in labels. */
export const infoTable = {
  build: {
    name: 'pilotfish.build',
    unit: '',
    help: 'Version of pilotfish and of Node',
    labels: ['version', 'node'],
  },
} as const;
