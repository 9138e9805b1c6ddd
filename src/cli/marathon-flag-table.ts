import {
  asAuthority,
  asConsul,
  asCredentials,
  asMarathons,
  asPort,
  asRegistrationId,
  asSeconds,
  asShare,
  asSomeSeconds,
} from './marathon-values.ts';

/** A flag of `pilotfish marathon` that takes a value. */
export interface ValueFlag {
  readonly flags: string;
  readonly text: string;
  /** The variable that stands in for it; an empty one counts as unset. */
  readonly variable?: string;
  /** Undefined: none. */
  readonly fallback?: unknown;
  /** As the help shows the default, where that is not the value itself. */
  readonly shown?: string;
  readonly choices?: readonly string[];
  /** The option that may not be said beside it, as commander names it. */
  readonly conflicts?: string;
  /** @throws InvalidArgumentError */
  readonly read?: (text: string, before: unknown) => unknown;
}

/** A flag that is on or off, with its `--no-` twin. */
export interface SwitchFlag {
  readonly name: string;
  readonly variable: string;
  readonly text: string;
  readonly fallback: boolean;
}

/** Flags with a value: Consular's own first, with its names and defaults. */
export const VALUE_FLAGS: readonly ValueFlag[] = [
  {
    flags: '--scheme <scheme>',
    variable: 'PILOTFISH_MARATHON_SCHEME',
    text: 'of the address that Marathon calls back',
    choices: ['http', 'https'],
    fallback: 'http',
  },
  {
    flags: '--host <host>',
    variable: 'PILOTFISH_MARATHON_HOST',
    text: 'where Marathon’s callbacks are listened for',
    fallback: 'localhost',
  },
  {
    flags: '--port <port>',
    variable: 'PILOTFISH_MARATHON_PORT',
    text: 'its port; 0 picks a free one',
    fallback: 7000,
    read: asPort,
  },
  {
    flags: '--advertise <host[:port]>',
    variable: 'PILOTFISH_MARATHON_ADVERTISE',
    text: 'where Marathon reaches the listener, if that is another address than --host and --port',
    read: asAuthority,
  },
  {
    flags: '--consul <url>',
    text: 'the main Consul agent; those of other hosts are asked at the same port (default: CONSUL_HTTP_ADDR or "http://localhost:8500")',
    read: asConsul,
  },
  {
    flags: '--token <token>',
    text: 'Consul ACL token (default: CONSUL_HTTP_TOKEN)',
    conflicts: 'tokenFile',
  },
  { flags: '--token-file <file>', text: 'file with it, read again when it changes (default: CONSUL_HTTP_TOKEN_FILE)' },
  {
    flags: '--marathon <url...>',
    variable: 'PILOTFISH_MARATHON_URL',
    text: 'Marathon; several, or a comma list: the next one is asked when one is away (default: "http://localhost:8080")',
    read: asMarathons,
  },
  {
    flags: '--marathon-auth <user:password>',
    variable: 'PILOTFISH_MARATHON_AUTH',
    text: 'HTTP Basic authentication at Marathon',
    read: asCredentials,
    conflicts: 'marathonToken',
  },
  {
    flags: '--marathon-token <token>',
    variable: 'PILOTFISH_MARATHON_TOKEN',
    text: 'DC/OS token, sent as Authorization: token=…',
    conflicts: 'marathonTokenFile',
  },
  {
    flags: '--marathon-token-file <file>',
    variable: 'PILOTFISH_MARATHON_TOKEN_FILE',
    text: 'file with the DC/OS token',
  },
  {
    flags: '--marathon-ca <file>',
    variable: 'PILOTFISH_MARATHON_CA',
    text: 'PEM file of the authorities that sign Marathon’s certificate',
  },
  {
    flags: '--marathon-cert <file>',
    variable: 'PILOTFISH_MARATHON_CERT',
    text: 'PEM file of the client certificate for Marathon',
  },
  { flags: '--marathon-key <file>', variable: 'PILOTFISH_MARATHON_KEY', text: 'PEM file of its key' },
  {
    flags: '--marathon-server-name <name>',
    variable: 'PILOTFISH_MARATHON_SERVER_NAME',
    text: 'name that Marathon’s certificate must carry',
  },
  {
    flags: '--registration-id <id>',
    variable: 'PILOTFISH_MARATHON_REGISTRATION_ID',
    text: 'marks what this bridge registers; bridges that share it are one bridge',
    fallback: 'consular',
    read: asRegistrationId,
  },
  {
    flags: '--sync-interval <seconds>',
    variable: 'PILOTFISH_MARATHON_SYNC_INTERVAL',
    text: 'compare everything every so often; 0: at the start and after each reconnect only',
    fallback: 0,
    read: asSeconds,
  },
  {
    flags: '--logfile <file>',
    variable: 'PILOTFISH_MARATHON_LOGFILE',
    text: 'append the log to this file, opened anew on SIGHUP; - is standard error',
    fallback: '-',
  },
  {
    flags: '--timeout <seconds>',
    variable: 'PILOTFISH_MARATHON_TIMEOUT',
    text: 'for a request to Marathon or Consul',
    fallback: 5,
    read: asSomeSeconds,
  },
  {
    flags: '--fallback-timeout <seconds>',
    variable: 'PILOTFISH_MARATHON_FALLBACK_TIMEOUT',
    text: 'how long the agent on a task’s host may take before --fallback',
    fallback: 2,
    read: asSomeSeconds,
  },
  {
    flags: '--events <way>',
    variable: 'PILOTFISH_MARATHON_EVENTS',
    text: 'how Marathon tells of changes: its event stream, callbacks (Marathon before 1.5), or both',
    choices: ['sse', 'callback', 'both'],
    fallback: 'both',
  },
  {
    flags: '--max-purge <share>',
    variable: 'PILOTFISH_MARATHON_MAX_PURGE',
    text: 'refuse a purge that would remove more of the own services than this share',
    fallback: 0.5,
    shown: '50%',
    read: asShare,
  },
  {
    flags: '--admin-listen <address>',
    variable: 'PILOTFISH_ADMIN_LISTEN',
    text: 'health, metrics, page, API',
    fallback: '127.0.0.1:7702',
    shown: '127.0.0.1:7702',
  },
  {
    flags: '--log-format <format>',
    variable: 'PILOTFISH_LOG_FORMAT',
    text: 'auto, json or pretty',
    choices: ['auto', 'json', 'pretty'],
    fallback: 'auto',
  },
  { flags: '-o, --output <format>', text: 'how to print the plan', choices: ['table', 'json'], fallback: 'table' },
];

/** Flags that are on or off. */
export const SWITCH_FLAGS: readonly SwitchFlag[] = [
  {
    name: 'purge',
    variable: 'PILOTFISH_MARATHON_PURGE',
    text: 'remove services of this registration id that Marathon does not run',
    fallback: false,
  },
  {
    name: 'fallback',
    variable: 'PILOTFISH_MARATHON_FALLBACK',
    text: 'use the main agent when the one on a task’s host cannot be reached',
    fallback: false,
  },
  {
    name: 'health-checks',
    variable: 'PILOTFISH_MARATHON_HEALTH_CHECKS',
    text: 'make Consul checks of Marathon’s health checks, which Consular did not',
    fallback: true,
  },
  { name: 'debug', variable: 'PILOTFISH_MARATHON_DEBUG', text: 'log at level debug', fallback: false },
  {
    name: 'elect',
    variable: 'PILOTFISH_MARATHON_ELECT',
    text: 'of several bridges with one registration id only one writes; by a lock in Consul',
    fallback: true,
  },
  {
    name: 'marathon-verify',
    variable: 'PILOTFISH_MARATHON_VERIFY',
    text: 'verify Marathon’s certificate',
    fallback: true,
  },
];
