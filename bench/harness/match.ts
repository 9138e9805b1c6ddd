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
  readonly rounds: number;
  readonly seconds: number;
  /** Wait for others to leave the machine alone, and repeat runs that they disturbed. */
  readonly calm: boolean;
  say(line: string): void;
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

/** Compares the entrants of one scenario in one run: gate, warm-up, then interleaved rounds. Owns what it starts. */
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
    const players: Player[] = [];
    for (const entrant of fit) {
      const started = await this.#start(entrant, addresses(endpoints, origin.port), raw.port);
      if (started !== undefined) players.push({ entrant, ...started, rounds: [] });
    }
    const rate = this.#scenario.setsRate === true ? await this.#halfLoad(players) : 0;
    const warm = await this.#warmUp(players, rate);
    await this.#rounds(warm, rate);
    const notes = await this.#notes(warm, raw.port);
    return { rows: warm.map((player) => this.#row(player)), origin: origin.kind, notes };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#running.map((process) => process.stop()));
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #own<P extends PinnedProcess>(process: P): P {
    this.#running.push(process);
    return process;
  }

  async #start(entrant: Entrant, endpoints: readonly [string, ...string[]], collectorPort: number) {
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
    for (const entrant of entrants) {
      const { contestant } = entrant;
      if (failures.has(contestant)) continue;
      const started = await this.#start({ ...entrant, policy: 'round-robin' }, addresses(1, raw.port), raw.port);
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
      const order = { port: player.port, rate, seconds: Math.ceil(this.#plan.seconds / 2) };
      const { units, errors } = await this.#scenario.load(order);
      if (errors <= units * TOLERATED_ERRORS) fit.push(player);
      else
        this.#exclude(player.entrant.name, [
          `${errors} errors beside ${units} ${this.#scenario.unit}s while warming up`,
        ]);
    }
    return fit;
  }

  async #rounds(players: readonly Player[], rate: number): Promise<void> {
    const { rounds, seconds, calm, say } = this.#plan;
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
          `  ${round + 1}/${rounds} ${player.entrant.name.padEnd(24)} ${done.cpuMicrosPerUnit.toFixed(1).padStart(8)} µs CPU  ${Math.round(done.unitsPerSecond).toString().padStart(7)}/s${done.errors > 0 ? `  ${done.errors} errors` : ''}`,
        );
      }
    }
  }

  /** Whether tracing was in effect is seen at the collector, not believed. */
  async #notes(players: readonly Player[], collectorPort: number): Promise<string[]> {
    if (!players.some(({ entrant }) => entrant.contestant.name === 'pilotfish')) return [];
    const batches = await spanBatches(collectorPort);
    if (batches > 0) return [`The collector got ${batches} batches of spans from pilotfish.`];
    return ['No span reached the collector: these figures of pilotfish are **without** tracing.'];
  }

  #row({ entrant, rounds }: Player): Row {
    const { contestant, name } = entrant;
    const version = contestant.version() ?? 'unknown';
    const fields = this.#fields.get(contestant) ?? [];
    return { name, kind: contestant.kind, about: contestant.about, version, forwardingFields: fields, rounds };
  }
}
