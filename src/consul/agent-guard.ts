import type { CallDefaults } from './call.ts';
import { ConsulError, type FailedCall } from './consul-error.ts';
import type { ReadOptions } from './read-options.ts';

/** The versions before which an agent silently ignores an option and answers with something else. */
const SINCE = { peer: [1, 13], partition: [1, 11] } as const;

/**
 * Refuses options that the agent is too old for. It asks for the version once, on first need; an agent that does not
 * tell (its token may not ask) is taken to be new enough.
 */
export class AgentGuard {
  readonly #versionOf: (signal: AbortSignal | undefined) => Promise<string>;
  readonly #defaults: Pick<CallDefaults, 'partition'>;
  #version: readonly [number, number] | undefined;

  /** @param versionOf reads the agent's version; may throw */
  constructor(
    versionOf: (signal: AbortSignal | undefined) => Promise<string>,
    defaults: Pick<CallDefaults, 'partition'>,
  ) {
    this.#versionOf = versionOf;
    this.#defaults = defaults;
  }

  /** @throws ConsulError `Unsupported` */
  async check(call: FailedCall, options: ReadOptions): Promise<void> {
    const partition = options.partition ?? this.#defaults.partition;
    const wanted = { peer: options.peer, partition };
    if (call.path === '/v1/agent/self' || (wanted.peer === undefined && wanted.partition === undefined)) return;
    const version = await this.#known(options.signal);
    if (version === undefined) return;
    for (const name of ['peer', 'partition'] as const) {
      const [major, minor] = SINCE[name];
      if (wanted[name] === undefined || version[0] > major || (version[0] === major && version[1] >= minor)) continue;
      const problem = `${name} needs Consul ${major}.${minor}; this agent is ${version.join('.')} and would ignore it`;
      throw new ConsulError({ kind: 'Unsupported', method: call.method, path: call.path, problem });
    }
  }

  async #known(signal: AbortSignal | undefined): Promise<readonly [number, number] | undefined> {
    if (this.#version !== undefined) return this.#version;
    try {
      const [, major, minor] = /^v?(\d+)\.(\d+)/.exec(await this.#versionOf(signal)) ?? [];
      if (major !== undefined && minor !== undefined) this.#version = [Number(major), Number(minor)];
    } catch {
      signal?.throwIfAborted();
    }
    return this.#version;
  }
}
