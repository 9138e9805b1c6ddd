import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../../test/support/free-port.ts';
import type { Contestant } from './contestant.ts';
import { correctnessGate, forwardingFields, spanBatches } from './correctness-gate.ts';
import { type Origin, startFileOrigin, startRawOrigin } from './origins.ts';
import type { PinnedProcess } from './pinned-process.ts';
import type { Round, Row } from './result.ts';
import type { Entrant, Scenario } from './scenario.ts';
import { timedRound } from './timed-round.ts';
import { wrk } from './wrk.ts';

/** How long and how often. */
export interface MatchPlan {
  /** How often everyone is started anew: two starts of the same build may differ by 2 % for as long as they live. */
  readonly starts: number;
  /** Load before the rounds of each start. */
  readonly warmUpSeconds: number;
  /** Per start. */
  readonly rounds: number;
  readonly seconds: number;
  /** Wait for others to leave the machine alone, and repeat runs that they disturbed. */
  readonly calm: boolean;
  say(line: string): void;
}

/** What the entrants of a scenario are started with. */
interface Stage {
  readonly endpoints: readonly [string, ...string[]];
  /** Where spans go. */
  readonly collectorPort: number;
}

/** An entrant that is up. */
interface Player {
  readonly entrant: Entrant;
  readonly port: number;
  readonly process: PinnedProcess;
  readonly rounds: Round[];
}

type Excluded = { readonly name: string; readonly reasons: readonly string[] };

/** Share of errors above which an entrant is not timed; those below are told in the table. */
const TOLERATED_ERRORS = 0.01;

/** Addresses 127.0.1.1, 127.0.1.2, …: all this machine, each an endpoint of its own. */
function addresses(count: number, port: number): [string, ...string[]] {
  if (count === 1) return [`127.0.0.1:${port}`];
  const list = Array.from({ length: count }, (_, i) => `127.0.${1 + Math.floor(i / 250)}.${1 + (i % 250)}:${port}`);
  return list as [string, ...string[]];
}

/** Compares the entrants of one scenario in one run: gate, then per start warm-up and interleaved rounds. Owns what it starts. */
export class Match implements AsyncDisposable {
  readonly #scenario: Scenario;
  readonly #plan: MatchPlan;
  readonly #directory = mkdtempSync(join(tmpdir(), 'pilotfish-bench-'));
  readonly #running: PinnedProcess[] = [];
  readonly #fields = new Map<Contestant, readonly string[]>();
  readonly excluded: Excluded[] = [];

  constructor(scenario: Scenario, plan: MatchPlan) {
    this.#scenario = scenario;
    this.#plan = plan;
  }

  /** @throws Error when the origin cannot be started, or the load fails as a program */
  async play(contestants: readonly Contestant[]): Promise<{ rows: Row[]; origin: string; notes: string[] }> {
    const raw = this.#own(await startRawOrigin());
    const entrants = this.#scenario.entrants(contestants);
    const fit = await this.#gate(entrants, raw);
    const endpoints = this.#scenario.endpoints ?? 1;
    const origin =
      this.#scenario.origin === 'raw' ? raw : this.#own(await startFileOrigin(this.#directory, endpoints > 1));
    const stage = { endpoints: addresses(endpoints, origin.port), collectorPort: raw.port };
    const all = new Map<Entrant, Round[]>(fit.map((entrant) => [entrant, []]));
    let rate = 0;
    for (let start = 1; start <= this.#plan.starts; start++) {
      const players = await this.#startAll(all, stage);
      if (this.#scenario.setsRate === true && start === 1) rate = await this.#halfLoad(players);
      const warm = await this.#warmUp(players, rate);
      await this.#rounds(warm, rate, start);
      for (const entrant of [...all.keys()]) {
        if (!warm.some((player) => player.entrant === entrant)) all.delete(entrant);
      }
      await Promise.all(players.map((player) => player.process.stop()));
    }
    const notes = await this.#notes([...all.keys()], raw.port);
    return { rows: [...all].map(([entrant, rounds]) => this.#row(entrant, rounds)), origin: origin.kind, notes };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#running.map((process) => process.stop()));
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #own<P extends PinnedProcess>(process: P): P {
    this.#running.push(process);
    return process;
  }

  async #startAll(all: ReadonlyMap<Entrant, Round[]>, stage: Stage): Promise<Player[]> {
    const players: Player[] = [];
    for (const [entrant, rounds] of all) {
      const started = await this.#start(entrant, stage);
      if (started !== undefined) players.push({ entrant, ...started, rounds });
    }
    return players;
  }

  async #start(entrant: Entrant, { endpoints, collectorPort }: Stage) {
    const [port = 0] = await freePorts(1);
    const directory = mkdtempSync(join(this.#directory, 'contestant-'));
    const task = { listenPort: port, endpoints, policy: entrant.policy, directory, collectorPort };
    try {
      return { port, process: this.#own(await entrant.contestant.start(task)) };
    } catch (error) {
      this.#plan.say(`  ${entrant.name}: ${error instanceof Error ? error.message : String(error)}`);
      this.#exclude(entrant.name, ['does not start']);
      return undefined;
    }
  }

  /** Proves each contestant once, with bench/origin.ts behind it. */
  async #gate(entrants: readonly Entrant[], raw: Origin): Promise<Entrant[]> {
    const failures = new Map<Contestant, string[]>();
    const stage = { endpoints: addresses(1, raw.port), collectorPort: raw.port };
    for (const entrant of entrants) {
      const { contestant } = entrant;
      if (failures.has(contestant)) continue;
      const started = await this.#start({ ...entrant, policy: 'round-robin' }, stage);
      failures.set(contestant, ['does not start']);
      if (started !== undefined) {
        failures.set(contestant, await correctnessGate(started.port, contestant.tunnelsWebSockets));
        this.#fields.set(contestant, await forwardingFields(started.port).catch(() => []));
        await started.process.stop();
      }
      const reasons = failures.get(contestant) ?? [];
      if (reasons.length > 0 && started !== undefined) this.#exclude(contestant.name, reasons);
    }
    return entrants.filter(({ contestant }) => failures.get(contestant)?.length === 0);
  }

  #exclude(name: string, reasons: readonly string[]): void {
    this.excluded.push({ name, reasons });
    this.#plan.say(`  ✗ ${name} is not timed: ${reasons.join('; ')}`);
  }

  async #halfLoad(players: readonly Player[]): Promise<number> {
    const called = (name: string): Player | undefined => players.find(({ entrant }) => entrant.name === name);
    const reference = called('pilotfish') ?? called('haproxy') ?? players[0];
    if (reference === undefined) return 0;
    const loop = { port: reference.port, path: '/bench/small', connections: 64 };
    await wrk({ ...loop, seconds: 1 });
    const { units, seconds } = await wrk({ ...loop, seconds: 3 });
    const rate = Math.round(units / seconds / 2);
    this.#plan.say(`  rate: ${rate}/s, half of what ${reference.entrant.name} reaches`);
    return rate;
  }

  /** Lets code be compiled and connections be made; who fails here would be timed at failing. */
  async #warmUp(players: readonly Player[], rate: number): Promise<Player[]> {
    const fit: Player[] = [];
    for (const player of players) {
      const order = { port: player.port, rate, seconds: this.#plan.warmUpSeconds };
      const { units, errors } = await this.#scenario.load(order);
      if (errors <= units * TOLERATED_ERRORS) fit.push(player);
      else
        this.#exclude(player.entrant.name, [
          `${errors} errors beside ${units} ${this.#scenario.unit}s while warming up`,
        ]);
    }
    return fit;
  }

  async #rounds(players: readonly Player[], rate: number, start: number): Promise<void> {
    const { starts, rounds, seconds, calm, say } = this.#plan;
    const label = (round: number) => `${starts === 1 ? '' : `${start}/${starts} `}${round + 1}/${rounds}`;
    for (let round = 0; round < rounds; round++) {
      for (let i = 0; i < players.length; i++) {
        const player = players[(i + round) % players.length] as Player;
        const { port, process } = player;
        const done = await timedRound(
          { scenario: this.#scenario, order: { port, rate, seconds }, pid: process.pid },
          calm,
        );
        player.rounds.push(done);
        say(
          `  ${label(round)} ${player.entrant.name.padEnd(24)} ${done.cpuMicrosPerUnit.toFixed(1).padStart(8)} µs CPU  ${Math.round(done.unitsPerSecond).toString().padStart(7)}/s${done.errors > 0 ? `  ${done.errors} errors` : ''}`,
        );
      }
    }
  }

  /** Whether tracing was in effect is seen at the collector, not believed. */
  async #notes(entrants: readonly Entrant[], collectorPort: number): Promise<string[]> {
    if (!entrants.some(({ contestant }) => contestant.name === 'pilotfish')) return [];
    const batches = await spanBatches(collectorPort);
    if (batches > 0) return [`The collector got ${batches} batches of spans from pilotfish.`];
    return ['No span reached the collector: these figures of pilotfish are **without** tracing.'];
  }

  #row({ contestant, name }: Entrant, rounds: readonly Round[]): Row {
    const version = contestant.version() ?? 'unknown';
    const fields = this.#fields.get(contestant) ?? [];
    return { name, kind: contestant.kind, about: contestant.about, version, forwardingFields: fields, rounds };
  }
}
