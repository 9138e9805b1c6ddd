import { sameValue } from '../consul/compare.ts';
import type { ConsulClient } from '../consul/consul-client.ts';
import { buildTree, type ConfigSection, type LayerEntries } from '../kv-config/build-tree.ts';
import { ConfigTreeError } from '../kv-config/config-event.ts';
import { layerFolders } from '../kv-config/layer-folders.ts';
import { LayerWatch } from '../kv-config/layer-watch.ts';
import { systemClock } from '../runtime/clock.ts';
import type { CodedError } from '../runtime/coded-error.ts';
import { systemRandom } from '../runtime/random.ts';
import { ConfigError } from './config-error.ts';
import { type ConfigLayer, valueAt } from './config-layer.ts';

/** What {@link KvSettings} are made of. */
export interface KvSettingsOptions {
  readonly consul: ConsulClient;
  /** The setting `kv.prefix`. */
  readonly prefix: string;
  /** Takes the settings over. @throws ConfigError, and then the old ones stay */
  readonly apply: (layer: ConfigLayer) => Promise<void>;
  /** They cannot be used, or read; the last good ones stay. Told once in a row. */
  readonly onProblem: (error: CodedError) => void;
}

/** The sections that can be kept in KV. */
const SECTIONS: readonly string[] = ['defaults', 'upstreams'];

/**
 * The sidecar's own `defaults` and `upstreams` in Consul's KV, live: a layer over the files and under the environment.
 * What cannot be used is told, and the last good settings stay.
 */
export class KvSettings {
  readonly #options: KvSettingsOptions;
  #layer: ConfigLayer | undefined;
  /** What the layer was made of. */
  #applied: readonly LayerEntries[] | undefined;
  #problem: string | undefined;

  constructor(options: KvSettingsOptions) {
    this.#options = options;
  }

  /** The last that could be used; undefined: none so far. */
  get layer(): ConfigLayer | undefined {
    return this.#layer;
  }

  /** Runs until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { consul, prefix } = this.#options;
    const watch = new LayerWatch({
      consul,
      folders: layerFolders({ prefix }),
      scope: {},
      clock: systemClock,
      random: systemRandom,
      onLayers: (layers) => this.#take(layers),
      onFailure: (error) => this.#tell(error),
    });
    await watch.run(signal);
  }

  async #take(layers: readonly LayerEntries[]): Promise<void> {
    const isEmpty = layers.every(({ entries }) => entries.length === 0);
    if (isEmpty && this.#layer === undefined) return;
    try {
      // Read again after each outage, mostly with nothing new.
      if (!sameValue(this.#applied, layers)) {
        const layer = kvLayer(layers);
        await this.#options.apply(layer);
        this.#layer = layer;
        this.#applied = layers;
      }
      this.#problem = undefined;
    } catch (error) {
      if (!(error instanceof ConfigError) && !(error instanceof ConfigTreeError)) throw error;
      this.#tell(error);
    }
  }

  #tell(error: CodedError): void {
    if (this.#problem === error.message) return;
    this.#problem = error.message;
    this.#options.onProblem(error);
  }
}

/**
 * The settings in KV as a layer that knows each one's key.
 * @throws ConfigTreeError when a document cannot be read; ConfigError for other sections than `defaults` and `upstreams`
 */
function kvLayer(layers: readonly LayerEntries[]): ConfigLayer {
  const { value, problems, originOf } = buildTree(layers);
  if (problems.length > 0) throw new ConfigTreeError(problems);
  const whereOf = (names: readonly string[]) => `consul kv ${originOf(names) ?? ''}`;
  const others = Object.keys(value).filter((name) => !SECTIONS.includes(name));
  if (others.length > 0) {
    const message = `only ${SECTIONS.join(' and ')} can be kept in KV; this one needs a file, the environment or a flag`;
    throw new ConfigError(others.map((name) => ({ where: whereOf([name]), path: name, message })));
  }
  return {
    tree: value satisfies ConfigSection,
    whereIs: (path) => (valueAt(value, path) === undefined ? undefined : whereOf(path.map(String))),
  };
}
