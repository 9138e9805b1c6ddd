import type { AclAnswer } from '../../consul/acl.ts';
import type { AgentSelf } from '../../consul/decode/agent.ts';
import type { CodedError } from '../../runtime/coded-error.ts';
import { type Finding, fine, note, problem } from './finding.ts';

/** What was seen of Consul itself. */
export interface ConsulEvidence {
  /** As configured, for messages. */
  readonly address: string;
  /** Why the agent could not be asked at all; the rest then says nothing. */
  readonly failure: CodedError | undefined;
  readonly hasLeader: boolean;
  /** What the agent tells of itself, or why it does not. */
  readonly self: AgentSelf | CodedError;
  /** Which of the rights that are needed the token has; undefined: there are no ACLs. Or why nobody knows. */
  readonly rights: readonly AclAnswer[] | undefined | CodedError;
  readonly hasToken: boolean;
  /** Wall clock of the agent minus our own; undefined when it did not tell. */
  readonly clockSkewMs: number | undefined;
  /** This machine's connections to the agent, and how many it allows; undefined where they cannot be counted. */
  readonly connections: { readonly open: number; readonly limit: number } | undefined;
  /** Settings that not every version of Consul can honour. */
  readonly versionNeeds: readonly VersionNeed[];
}

/** A setting and the Consul it needs. */
export interface VersionNeed {
  /** Dotted, as in the file. */
  readonly setting: string;
  /** `1.11`. */
  readonly since: string;
}

/** The Date header has whole seconds, and an answer may take some. */
const MAX_SKEW_MS = 5_000;
/** From this share of the limit on, the next few programs will be refused. */
const NEAR_LIMIT = 0.8;

/** Judges Consul: is it there, has it a leader, does it know us, is it able to do what is asked of it. Pure. */
export function diagnoseConsul(evidence: ConsulEvidence): readonly Finding[] {
  if (evidence.failure !== undefined) return [unreachable(evidence, evidence.failure)];
  return [
    leader(evidence),
    ...version(evidence),
    ...token(evidence),
    ...clock(evidence),
    ...connectionLimit(evidence.connections),
  ];
}

/** The rule in the words of Consul's policies. */
function ruleText({ resource, access, segment }: Pick<AclAnswer, 'resource' | 'access' | 'segment'>): string {
  return segment === ''
    ? `${resource}_prefix "" { policy = "${access}" }`
    : `${resource} "${segment}" { policy = "${access}" }`;
}

function unreachable({ address, connections }: ConsulEvidence, failure: CodedError): Finding {
  if (connections !== undefined && connections.open >= connections.limit) {
    return problem(
      'consul_connection_limit',
      `the agent at ${address} refuses: this machine has ${connections.open} connections to it, and it allows ${connections.limit} (${failure.message})`,
      'raise limits.http_max_conns_per_client on the agent, or find the program that holds them (ss -tnp)',
    );
  }
  return problem(
    'consul_unreachable',
    failure.message,
    'start the agent, or set consul.address (or CONSUL_HTTP_ADDR); for a first try, pilotfish dev starts a registry',
  );
}

function leader({ address, hasLeader }: ConsulEvidence): Finding {
  if (hasLeader) return fine('consul_reachable', `Consul answers at ${address}, and its servers have a leader`);
  return problem(
    'consul_no_leader',
    `Consul answers at ${address}, but its servers have no leader: registrations are accepted and reach no catalog`,
    'bring a majority of the servers back (consul operator raft list-peers), or look why they do not see each other',
  );
}

function version({ self, versionNeeds }: ConsulEvidence): readonly Finding[] {
  if (self instanceof Error) {
    if (self.code === 'consul_permission_denied' && !isTokenUnknown(self)) {
      return [note('consul_version', 'the token may not ask the agent for its version (agent:read)')];
    }
    return isTokenUnknown(self) ? [] : [problem('consul_agent', self.message, 'look at the agent’s log')];
  }
  const old = versionNeeds.filter(({ since }) => isOlder(self.version, since));
  const text = `Consul ${self.version}, node ${self.nodeName}, datacenter ${self.datacenter}`;
  if (old.length === 0) return [fine('consul_version', text)];
  return old.map(({ setting, since }) =>
    problem('consul_version', `${text}: ${setting} needs ${since}`, `upgrade Consul, or leave ${setting} out`),
  );
}

function token({ rights, hasToken }: ConsulEvidence): readonly Finding[] {
  if (rights instanceof Error) {
    if (!isTokenUnknown(rights)) return [note('acl', `the token’s rights could not be asked: ${rights.message}`)];
    const remedy = 'set consul.token or consul.tokenFile to one that exists: consul acl token read -self';
    return [problem('acl_token_unknown', 'Consul does not know the ACL token', remedy)];
  }
  if (rights === undefined) return [fine('acl', 'no ACLs stand in the way')];
  const missing = rights.filter(({ isAllowed }) => !isAllowed);
  const problems = missing.flatMap((right) => missingRight(right, hasToken));
  if (problems.some(({ level }) => level === 'problem')) return problems;
  return [fine('acl', `the token has the ${rights.length - missing.length} rights that are needed`), ...problems];
}

function missingRight(right: AclAnswer, hasToken: boolean): readonly Finding[] {
  const rule = ruleText(right);
  // Without it only the version and the agent's own address stay unknown.
  if (right.resource === 'agent') return [note('acl', `the token lacks ${rule}; it is of use only here`)];
  const remedy = hasToken ? `add it to the token’s policy: ${rule}` : `set consul.token to one with ${rule}`;
  const who = hasToken ? 'the token' : 'no token is set, and the anonymous one';
  return [problem('acl_rule_missing', `${who} lacks ${right.resource}:${right.access} on "${right.segment}"`, remedy)];
}

function clock({ clockSkewMs }: ConsulEvidence): readonly Finding[] {
  if (clockSkewMs === undefined) return [];
  if (Math.abs(clockSkewMs) <= MAX_SKEW_MS) return [fine('clock', 'the clocks of this machine and of the agent agree')];
  const seconds = Math.round(Math.abs(clockSkewMs) / 1000);
  const message = `the agent’s clock is ${seconds} s ${clockSkewMs > 0 ? 'ahead of' : 'behind'} this machine’s: certificates and logs will not match`;
  return [problem('clock', message, 'let NTP (chrony, systemd-timesyncd) set both')];
}

function connectionLimit(connections: ConsulEvidence['connections']): readonly Finding[] {
  if (connections === undefined) return [];
  const { open, limit } = connections;
  const message = `this machine has ${open} of ${limit} connections that the agent allows one address`;
  if (open < limit * NEAR_LIMIT) return [fine('consul_connections', message)];
  const remedy = 'raise limits.http_max_conns_per_client on the agent, or find who holds them (ss -tnp)';
  return [problem('consul_connections', `${message}; beyond that it refuses everybody here`, remedy)];
}

/** Consul's words for a token that was never there, or is gone; else the token lacks a rule. */
function isTokenUnknown(error: CodedError): boolean {
  return /acl not found/i.test(error.message);
}

function isOlder(versionText: string, since: string): boolean {
  const numbers = (text: string) => text.split(/[.-]/).map(Number);
  const [own, needed] = [numbers(versionText), numbers(since)];
  for (const [index, part] of needed.entries()) {
    const other = own[index] ?? 0;
    if (other !== part) return other < part;
  }
  return false;
}
