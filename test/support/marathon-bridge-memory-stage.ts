import { Bridge } from '../../src/marathon/bridge.ts';
import type { BridgeEvent } from '../../src/marathon/bridge-observer.ts';
import type { BridgeSettings } from '../../src/marathon/bridge-settings.ts';
import { FakeClock } from './fake-clock.ts';
import { MemoryMarathon } from './marathon-bridge-cluster.ts';
import { MemoryConsul } from './marathon-bridge-memory.ts';
import { bridgeSettings } from './marathon-bridge-settings.ts';

const HOSTS = ['mesos-0', 'mesos-1'];

/** A bridge between a Marathon and a Consul in memory, on a clock that the test moves. */
export class MemoryStage {
  readonly clock: FakeClock = new FakeClock();
  readonly consul: MemoryConsul;
  readonly marathon: MemoryMarathon;
  readonly bridge: Bridge;
  readonly events: BridgeEvent[] = [];
  #abort = new AbortController();

  /** @param hosts of agents, the first being the main one's. Tasks run on all of them in turn, unless `taskHosts` says where. */
  constructor(
    settings: Partial<BridgeSettings> = {},
    hosts: readonly string[] = HOSTS,
    taskHosts: readonly string[] = hosts,
  ) {
    this.consul = new MemoryConsul(hosts);
    this.marathon = new MemoryMarathon(taskHosts);
    this.bridge = new Bridge({
      settings: { ...bridgeSettings, ...settings },
      marathon: this.marathon.api,
      consul: this.consul.main,
      openAgent: (address) => this.consul.open(address),
      clock: this.clock,
      random: () => 0.5,
      onEvent: (event) => void this.events.push(event),
    });
    this.marathon.onEvent = (event) => this.bridge.onNotice({ kind: 'event', way: 'sse', event });
  }

  /** Starts the bridge and lets it finish its first sync. */
  async run(): Promise<void> {
    this.#abort = new AbortController();
    void this.bridge.run(this.#abort.signal).catch(() => undefined);
    await this.clock.advance(10);
  }

  /** Ends the bridge at once, as the loss of its office does. */
  lose(): void {
    this.#abort.abort();
  }

  /** Has everything compared, and waits for it. */
  async sync(): Promise<void> {
    this.bridge.resync('test');
    await this.clock.advance(1_100);
  }

  told<K extends BridgeEvent['kind']>(kind: K): readonly Extract<BridgeEvent, { kind: K }>[] {
    return this.events.filter((event): event is Extract<BridgeEvent, { kind: K }> => event.kind === kind);
  }
}
