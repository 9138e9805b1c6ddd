import { isConsulError } from '../consul/consul-error.ts';
import type { ServiceDefinition } from '../consul/service-definition.ts';
import type { AgentDirectory } from './agent-directory.ts';
import type { AgentPlace, AppPlan, BridgeAction, BridgeFailure, WantedService } from './bridge-action.ts';
import type { AppReport, BridgeListener } from './bridge-observer.ts';
import type { BridgeConsul } from './bridge-options.ts';
import type { BridgeSettings } from './bridge-settings.ts';
import { asError } from './failure.ts';
import type { KnownState } from './known-state.ts';
import { ownerFlags } from './labels.ts';
import type { Limit } from './limit.ts';

/** What an executor is made of. */
export interface ExecutorOptions {
  readonly consul: BridgeConsul;
  readonly directory: AgentDirectory;
  readonly known: KnownState;
  readonly settings: Pick<BridgeSettings, 'registrationId' | 'fallback'>;
  readonly onEvent: BridgeListener;
}

/** What an {@link AppExecution} is made of. */
export interface AppExecutionOptions extends ExecutorOptions {
  readonly app: AppPlan;
  /** Shared by all apps of a plan. */
  readonly limit: Limit;
  /** Agents that did not answer, by key; shared by all apps of a plan, so that each is waited for once. */
  readonly away: Map<string, Error>;
  readonly signal: AbortSignal;
}

type Register = Extract<BridgeAction, { kind: 'register' }>;
type Deregister = Extract<BridgeAction, { kind: 'deregister' }>;
type LabelAction = Extract<BridgeAction, { kind: 'put_label' | 'delete_label' }>;

/** Carries out one app's plan: what is new is registered before anything is taken away. */
export class AppExecution {
  readonly #options: AppExecutionOptions;
  readonly #failures: BridgeFailure[];
  /** Ids that are not where they belong: registering them failed, or the main agent stood in. */
  readonly #notAtHome = new Set<string>();
  #registered = 0;
  #deregistered = 0;
  #labelsPut = 0;
  #labelsDeleted = 0;

  constructor(options: AppExecutionOptions) {
    this.#options = options;
    this.#failures = [...options.app.failures];
  }

  /** @throws the signal's reason */
  async run(): Promise<AppReport> {
    const { app } = this.#options;
    for (const actions of runsOfOneKind(app.actions))
      await this.#all(actions.filter((each) => this.#isStillRight(each)));
    return {
      appId: app.appId,
      name: app.name,
      registered: this.#registered,
      deregistered: this.#deregistered,
      labelsPut: this.#labelsPut,
      labelsDeleted: this.#labelsDeleted,
      failures: this.#failures,
    };
  }

  /** Whether what came before leaves it as it was planned: an instance goes only when what replaces it is there. */
  #isStillRight(action: BridgeAction): boolean {
    if (action.kind !== 'deregister') return true;
    if (action.because === 'elsewhere') return !this.#notAtHome.has(action.serviceId);
    return action.because !== 'unreachable' || this.#failures.every(({ doing }) => doing !== 'register');
  }

  /** Each at its turn, unless the right to write is lost meanwhile. A failure is noted, and the rest goes on. */
  async #all(actions: readonly BridgeAction[]): Promise<void> {
    const { limit, signal } = this.#options;
    await limit.each(actions, async (action) => {
      signal.throwIfAborted();
      try {
        await this.#write(action);
      } catch (error) {
        signal.throwIfAborted();
        this.#failures.push({ doing: action.kind, on: nameOf(action), error: asError(error) });
        if (action.kind === 'register') this.#notAtHome.add(action.service.id);
      }
    });
  }

  #write(action: BridgeAction): Promise<void> {
    if (action.kind === 'register') return this.#register(action);
    return action.kind === 'deregister' ? this.#deregister(action) : this.#label(action);
  }

  async #register(action: Register): Promise<void> {
    const { directory, known, onEvent, app } = this.#options;
    const { service, because, insteadOf } = action;
    let { agent } = action;
    if (insteadOf !== undefined) this.#notAtHome.add(service.id);
    try {
      await this.#at(agent, async (client, options) => {
        await client.agent.register(definitionOf(service), options);
        for (const checkId of action.staleChecks) await client.agent.checks.deregister(checkId, options);
      });
    } catch (error) {
      this.#options.signal.throwIfAborted();
      if (!this.#hasFallback(agent)) throw error;
      this.#notAtHome.add(service.id);
      this.#tellFallback('register', service.id, agent, asError(error));
      if (action.isOnMain) return;
      agent = directory.main;
      await this.#at(agent, (client, options) => client.agent.register(definitionOf(service), options));
    }
    known.registered(service, agent);
    this.#registered += 1;
    const { appId } = app;
    onEvent({ kind: 'registered', appId, serviceId: service.id, name: service.name, agent: agent.host, because });
  }

  /**
   * While the agent that has the service does not answer, the main agent is told too, in case the service went there
   * meanwhile; it stays a failure, since the agent still has it.
   */
  async #deregister({ serviceId, name, agent, because }: Deregister): Promise<void> {
    const { directory, known, onEvent, app } = this.#options;
    let isGone: boolean;
    try {
      isGone = await this.#at(agent, (client, options) => client.agent.deregister(serviceId, options));
    } catch (error) {
      this.#options.signal.throwIfAborted();
      if (!this.#hasFallback(agent)) throw error;
      this.#tellFallback('deregister', serviceId, agent, asError(error));
      await this.#at(directory.main, (client, options) => client.agent.deregister(serviceId, options));
      throw error;
    }
    known.deregistered(serviceId, agent);
    if (!isGone) return;
    this.#deregistered += 1;
    onEvent({ kind: 'deregistered', appId: app.appId, serviceId, name, agent: agent.host, because });
  }

  async #label(action: LabelAction): Promise<void> {
    const { consul, settings, onEvent, app, signal } = this.#options;
    const { key } = action;
    if (action.kind === 'put_label') {
      await consul.kv.put(key, action.value, { signal, flags: ownerFlags(settings.registrationId) });
      this.#labelsPut += 1;
    } else {
      await consul.kv.delete(key, { signal });
      this.#labelsDeleted += 1;
    }
    onEvent({ kind: action.kind === 'put_label' ? 'label_put' : 'label_deleted', appId: app.appId, key });
  }

  /** Calls an agent, unless it is known not to answer. */
  async #at<T>(agent: AgentPlace, call: AgentCall<T>): Promise<T> {
    const { directory, away, signal } = this.#options;
    const known = away.get(agent.key);
    if (known !== undefined) throw known;
    try {
      return await call(directory.client(agent), directory.callOptions(agent, signal));
    } catch (error) {
      signal.throwIfAborted();
      if (isAway(error)) {
        away.set(agent.key, asError(error));
        directory.markUnreadable(agent, asError(error));
      }
      throw error;
    }
  }

  #hasFallback(agent: AgentPlace): boolean {
    return this.#options.settings.fallback && agent.key !== this.#options.directory.main.key;
  }

  #tellFallback(doing: 'register' | 'deregister', serviceId: string, agent: AgentPlace, error: Error): void {
    this.#options.onEvent({ kind: 'fallback_used', doing, serviceId, agent: agent.host, error });
  }
}

type AgentCall<T> = (
  client: ReturnType<ExecutorOptions['directory']['client']>,
  options: ReturnType<ExecutorOptions['directory']['callOptions']>,
) => Promise<T>;

/** The actions as they come, cut where their kind changes: one kind at once, one after the other. */
function runsOfOneKind(actions: readonly BridgeAction[]): readonly (readonly BridgeAction[])[] {
  const runs: BridgeAction[][] = [];
  for (const action of actions) {
    const run = runs.at(-1);
    if (run?.[0]?.kind === action.kind) run.push(action);
    else runs.push([action]);
  }
  return runs;
}

/** Without a check the body is letter for letter Consular's. */
function definitionOf(service: WantedService): ServiceDefinition {
  return service.checks.length > 0 ? service : { ...service, checks: undefined };
}

function nameOf(action: BridgeAction): string {
  if (action.kind === 'register') return action.service.id;
  return action.kind === 'deregister' ? action.serviceId : action.key;
}

/** The agent is not there, as opposed to one that says no. */
function isAway(error: unknown): boolean {
  return isConsulError(error, 'Unreachable') || isConsulError(error, 'TimedOut');
}
