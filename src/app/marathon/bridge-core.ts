import { ConsulClient, type ConsulClientOptions } from '../../consul/consul-client.ts';
import { Bridge } from '../../marathon/bridge.ts';
import type { BridgeListener } from '../../marathon/bridge-observer.ts';
import { MarathonClient, type MarathonClientOptions } from '../../marathon/marathon-client.ts';
import { systemClock } from '../../runtime/clock.ts';
import { systemRandom } from '../../runtime/random.ts';
import type { MarathonSettings } from './marathon-settings.ts';

/** How a {@link BridgeCore} is made. */
export interface BridgeCoreOptions {
  readonly settings: MarathonSettings;
  readonly onEvent: BridgeListener;
  /** Sees what goes to the main agent. */
  readonly aroundMain?: ConsulClientOptions['around'];
  /** Sees what goes to the agents of tasks' hosts. */
  readonly aroundAgents?: ConsulClientOptions['around'];
  /** Sees what goes to Marathon. */
  readonly aroundMarathon?: MarathonClientOptions['around'];
}

/** A bridge and its two sides, for running as well as for planning. */
export class BridgeCore implements AsyncDisposable {
  readonly consul: ConsulClient;
  readonly marathon: MarathonClient;
  readonly bridge: Bridge;

  constructor({ settings, onEvent, aroundMain, aroundAgents, aroundMarathon }: BridgeCoreOptions) {
    this.consul = new ConsulClient({ ...settings.consul, around: aroundMain });
    this.marathon = new MarathonClient({ ...settings.marathon, around: aroundMarathon });
    this.bridge = new Bridge({
      settings: settings.bridge,
      marathon: this.marathon,
      consul: this.consul,
      openAgent: (address) => new ConsulClient({ ...settings.consul, address, around: aroundAgents }),
      clock: systemClock,
      random: systemRandom,
      onEvent,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.marathon.close();
    await this.consul.close();
  }
}
