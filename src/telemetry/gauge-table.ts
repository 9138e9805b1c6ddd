/*
 * Rows of the metric table: pilotfish-metrics.ts puts the kinds together. Names and labels are part of the outward contract
 * and of docs/metrics.md: they are added to, not changed. `upstream` is only ever the key of a known upstream.
 */

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
    help: 'Endpoints of an upstream by state: usable, ejected, failing (its probes), draining, unhealthy',
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
  marathonLeader: {
    name: 'pilotfish.marathon.leader',
    unit: '',
    help: 'Whether this bridge is the one that writes',
    labels: [],
  },
  marathonReachable: {
    name: 'pilotfish.marathon.reachable',
    unit: '',
    help: 'Whether the last request to Marathon was answered',
    labels: [],
  },
  marathonStream: {
    name: 'pilotfish.marathon.stream.connected',
    unit: '',
    help: 'Whether Marathon’s event stream is connected',
    labels: [],
  },
  marathonServices: {
    name: 'pilotfish.marathon.services',
    unit: '{service}',
    help: 'Services that the bridge keeps in Consul',
    labels: [],
  },
  marathonApps: {
    name: 'pilotfish.marathon.apps',
    unit: '{app}',
    help: 'Apps by state: kept (as it should be), differs (to be changed), failed, clash (left alone)',
    labels: ['state'],
  },
  marathonSyncAge: {
    name: 'pilotfish.marathon.sync.age',
    unit: 's',
    help: 'Time since all of Marathon and Consul was last compared',
    labels: [],
  },
  marathonPurgeRefused: {
    name: 'pilotfish.marathon.purge.refused',
    unit: '',
    help: 'Whether the last purge was refused because too much would have gone',
    labels: [],
  },
  marathonAgentsAway: {
    name: 'pilotfish.marathon.agents.unreadable',
    unit: '{agent}',
    help: 'Consul agents that could not be read at the last comparison',
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

/** What is known once and for all, in labels. */
export const infoTable = {
  build: {
    name: 'pilotfish.build',
    unit: '',
    help: 'Version of pilotfish and of Node',
    labels: ['version', 'node'],
  },
} as const;
