/*
 * Rows of the metric table: pilotfish-metrics.ts puts the kinds together. Names and labels are part of the outward contract
 * and of docs/metrics.md: they are added to, not changed. `upstream` is only ever the key of a known upstream.
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
    help: 'Retries that were not made, by why: budget (too many lately)',
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
  marathonEvents: {
    name: 'pilotfish.marathon.events',
    unit: '{event}',
    help: 'Events of Marathon, by the way they came (sse, callback) and type; a type that is not known counts as _OTHER, what could not be used as _REFUSED',
    labels: ['way', 'type'],
  },
  marathonSyncs: {
    name: 'pilotfish.marathon.syncs',
    unit: '{sync}',
    help: 'Comparisons of Marathon and Consul, by scope (all, apps) and outcome: done, partly (something failed), failed (nothing was written)',
    labels: ['scope', 'outcome'],
  },
  marathonChanges: {
    name: 'pilotfish.marathon.changes',
    unit: '{change}',
    help: 'What the bridge changed in Consul: registered, deregistered, label_put, label_deleted',
    labels: ['kind'],
  },
  marathonFailures: {
    name: 'pilotfish.marathon.failures',
    unit: '{failure}',
    help: 'What the bridge could not do, and tries again: read, register, deregister, put_label, delete_label',
    labels: ['doing'],
  },
  marathonFallbacks: {
    name: 'pilotfish.marathon.fallbacks',
    unit: '{call}',
    help: 'Calls that the main agent took because the one on the task’s host did not',
    labels: ['doing'],
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
