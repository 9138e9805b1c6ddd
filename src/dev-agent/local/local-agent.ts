import type { Clock } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import { aliasResult } from '../checks/alias-result.ts';
import { type CheckRunner, runIntervalCheck } from '../checks/check-runner.ts';
import { TtlCheck } from '../checks/ttl-check.ts';
import type { CheckDefinition, CheckStatus } from '../store/catalog-records.ts';
import { Refusal, storeFailure } from '../wire/refusal.ts';
import { type CheckFields, checkKind, type LoneCheckFields } from './check-type.ts';
import type { LocalState } from './local-state.ts';
import { probeOf } from './probe-of.ts';
import type { ServiceRegistration } from './service-fields.ts';

/** The shortest interval of a check; a shorter one is taken as this. */
const MIN_INTERVAL_MS = 1000;
/** The shortest time after which a critical service is removed (docs/consul-client.md 29). */
const MIN_REAP_AFTER_MS = 60_000;
/** How often the agent looks for services to remove. */
export const REAP_INTERVAL_MS = 30_000;
const DEFAULT_TIMEOUT_MS = 10_000;

/** What the agent is made of. */
export interface LocalAgentOptions {
  readonly state: LocalState;
  readonly clock: Clock;
  readonly random: Random;
}

interface RunningCheck {
  readonly fields: CheckFields;
  readonly runner: CheckRunner | undefined;
  readonly reapAfterMs: number | undefined;
}

/** The agent's side of the registry: takes registrations, runs their checks, removes what has been dead for too long. */
export class LocalAgent {
  readonly state: LocalState;
  readonly #options: LocalAgentOptions;
  readonly #running = new Map<string, RunningCheck>();

  constructor(options: LocalAgentOptions) {
    this.state = options.state;
    this.#options = options;
  }

  /** What runs, for a state file: the definition of each check. */
  get definitions(): ReadonlyMap<string, CheckFields> {
    return new Map([...this.#running].map(([id, { fields }]) => [id, fields]));
  }

  /**
   * Registers a service. Its checks keep the status they have; its other checks stay unless `replaceChecks`
   * (docs/consul-client.md 26).
   */
  register(registration: ServiceRegistration, replaceChecks: boolean): void {
    const { service, checks } = registration;
    if (checks.some(({ ScriptArgs }) => ScriptArgs.length > 0)) throw scriptsDisabled();
    const planned = checks.map((fields, at) => {
      const id = fields.CheckID || `service:${service.ID}${checks.length > 1 ? `:${at + 1}` : ''}`;
      return { id, fields };
    });
    const before = this.state.checksOf(service.ID);
    const records = planned.map(({ id, fields }) =>
      this.#restored(checkOf(fields, id, registration, this.state.nodeName)),
    );
    this.state.putService(service, records);
    for (const { id, fields } of planned) this.#run(id, fields);
    if (replaceChecks) {
      const kept = new Set(planned.map(({ id }) => id));
      for (const { check } of before) if (!kept.has(check.CheckID)) this.deregisterCheck(check.CheckID);
    }
    this.refreshAliases();
  }

  /** Removes a service and its checks; an unknown id is no error (docs/consul-client.md 28). */
  deregister(id: string): void {
    if (id === '') throw storeFailure('ServiceID missing');
    for (const { check } of this.state.checksOf(id)) this.#stop(check.CheckID);
    this.state.dropService(id);
    this.refreshAliases();
  }

  /** Registers a check of the node, or of a service that is there; one that is there keeps its result. */
  registerCheck(fields: LoneCheckFields): void {
    if (fields.ScriptArgs.length > 0) throw scriptsDisabled();
    const service = fields.ServiceID === '' ? undefined : this.state.services.get(fields.ServiceID);
    if (fields.ServiceID !== '' && service === undefined) {
      throw storeFailure(`ServiceID ${JSON.stringify(fields.ServiceID)} does not exist`);
    }
    const id = fields.ID || fields.CheckID || fields.Name;
    const check: CheckDefinition = {
      Node: this.state.nodeName,
      CheckID: id,
      Name: fields.Name,
      Status: (fields.Status || 'critical') as CheckStatus,
      Notes: fields.Notes,
      Output: '',
      ServiceID: fields.ServiceID,
      ServiceName: service?.Service ?? '',
      ServiceTags: service?.Tags ?? [],
      Type: checkKind(fields),
      Definition: {},
    };
    this.state.putCheck(this.#restored(check));
    this.#run(id, fields);
    this.refreshAliases();
  }

  /** Removes a check; an unknown id is no error. */
  deregisterCheck(id: string): void {
    this.#stop(id);
    this.state.dropCheck(id);
    this.refreshAliases();
  }

  /** Takes what an app reports for its TTL check (docs/consul-client.md 27). */
  heartbeat(checkId: string, status: CheckStatus, output: string): void {
    const runner = this.#running.get(checkId)?.runner;
    if (!(runner instanceof TtlCheck)) {
      throw new Refusal(500, `CheckID ${JSON.stringify(checkId)} does not have associated TTL`);
    }
    runner.set(status, output);
  }

  /** Puts a check in place that no one runs: maintenance mode is one. */
  putMaintenance(check: CheckDefinition): void {
    if (!this.state.checks.has(check.CheckID)) this.state.putCheck(check);
    this.refreshAliases();
  }

  /** Removes services of which a check has been critical for longer than it said (docs/consul-client.md 29). */
  reap(): readonly string[] {
    const nowMs = this.#options.clock.nowMs();
    const dead = new Set<string>();
    for (const [id, { check, criticalSinceMs }] of this.state.checks) {
      const afterMs = this.#running.get(id)?.reapAfterMs;
      if (afterMs === undefined || criticalSinceMs === undefined || check.ServiceID === '') continue;
      if (nowMs - criticalSinceMs > afterMs) dead.add(check.ServiceID);
    }
    for (const id of dead) this.deregister(id);
    return [...dead];
  }

  /** Takes over checks that a state file kept, with the result they had. */
  resume(id: string, fields: CheckFields): void {
    this.#run(id, fields);
  }

  /** Works out the alias checks anew; an alias may rest on another. */
  refreshAliases(): void {
    for (const [id, { fields }] of this.#running) {
      if (checkKind(fields) !== 'alias') continue;
      const serviceId = fields.AliasService;
      const isKnown = serviceId === '' || fields.AliasNode !== '' || this.state.services.has(serviceId);
      const known = [...this.state.checks.values()].map(({ check }) => check);
      const { status, output } = aliasResult({ checkId: id, serviceId, isKnown }, known);
      this.state.setResult(id, status, output);
    }
  }

  /** Stops every check. */
  close(): void {
    for (const id of [...this.#running.keys()]) this.#stop(id);
    this.state.close();
  }

  #restored(check: CheckDefinition): CheckDefinition {
    const before = this.state.checks.get(check.CheckID)?.check;
    return before === undefined ? check : { ...check, Status: before.Status, Output: before.Output };
  }

  #run(id: string, fields: CheckFields): void {
    this.#stop(id);
    const { clock, random } = this.#options;
    const report = (status: CheckStatus, output: string): void => {
      this.state.setResult(id, status, output);
      this.refreshAliases();
    };
    const probe = probeOf(fields);
    const reapAfterMs =
      fields.DeregisterCriticalServiceAfter > 0
        ? Math.max(MIN_REAP_AFTER_MS, fields.DeregisterCriticalServiceAfter)
        : undefined;
    let runner: CheckRunner | undefined;
    if (probe !== undefined) {
      runner = runIntervalCheck({
        intervalMs: Math.max(MIN_INTERVAL_MS, fields.Interval),
        timeoutMs: fields.Timeout > 0 ? fields.Timeout : DEFAULT_TIMEOUT_MS,
        successBeforePassing: fields.SuccessBeforePassing,
        failuresBeforeCritical: fields.FailuresBeforeCritical,
        probe,
        clock,
        random,
        report,
      });
    } else if (fields.TTL > 0) {
      runner = new TtlCheck({ ttlMs: fields.TTL, clock, report });
    }
    this.#running.set(id, { fields, runner, reapAfterMs });
  }

  #stop(id: string): void {
    this.#running.get(id)?.runner?.stop();
    this.#running.delete(id);
  }
}

function scriptsDisabled(): Refusal {
  return storeFailure(
    "Scripts are disabled on this agent from remote calls; to enable, configure 'enable_script_checks' to true",
  );
}

function checkOf(fields: CheckFields, id: string, { service }: ServiceRegistration, node: string): CheckDefinition {
  return {
    Node: node,
    CheckID: id,
    Name: fields.Name || `Service '${service.Service}' check`,
    Status: (fields.Status || 'critical') as CheckStatus,
    Notes: fields.Notes,
    Output: '',
    ServiceID: service.ID,
    ServiceName: service.Service,
    ServiceTags: service.Tags,
    Type: checkKind(fields),
    Definition: {},
  };
}
