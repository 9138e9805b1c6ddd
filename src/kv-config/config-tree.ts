import { sameValue } from '../consul/compare.ts';
import { LatestValue } from '../consul/latest-value.ts';
import { systemClock } from '../runtime/clock.ts';
import { CodedError } from '../runtime/coded-error.ts';
import { systemRandom } from '../runtime/random.ts';
import { Tasks } from '../runtime/task.ts';
import { type BuiltTree, buildTree, type ConfigSection, type LayerEntries, valueAt } from './build-tree.ts';
import { changedPaths } from './changed-paths.ts';
import { ConfigTreeError, type ConfigTreeEvent } from './config-event.ts';
import { type ConfigPath, namesOf } from './config-path.ts';
import type { ConfigChange, ConfigTreeOptions, ConfigWriteOptions } from './config-tree-options.ts';
import type { ConfigValue } from './config-value.ts';
import { layerFolders } from './layer-folders.ts';
import { LayerWatch } from './layer-watch.ts';
import { issuePath } from './standard-schema.ts';
import { commit, deleteFromLayer, setInLayer, type TreeWrite, versionIn } from './tree-write.ts';

/** What is in force. */
interface InForce<T> {
  readonly value: T;
  readonly tree: BuiltTree;
}

/**
 * An app's configuration in Consul's KV, live. Keys are a tree (`db/host` is `db.host`), layers are laid over each other
 * (see `layerFolders`), values keep their types, and a change is taken over whole or not at all. When Consul is gone, or
 * has what cannot be used, the last good values stay in force, and {@link isStale} and {@link lastError} say so.
 */
export class ConfigTree<T = ConfigSection> implements AsyncDisposable {
  /** The folders in KV, from the lowest layer to the highest. */
  readonly folders: readonly string[];
  readonly #options: ConfigTreeOptions<T>;
  readonly #watch: LayerWatch;
  readonly #tasks: Tasks;
  readonly #listeners = new Set<LatestValue<InForce<T>>>();
  readonly #opened: PromiseWithResolvers<void> = Promise.withResolvers();
  /** The last reading, whether it could be used or not. */
  #layers: readonly LayerEntries[] = [];
  #inForce: InForce<T> | undefined;
  #error: CodedError | undefined;

  private constructor(options: ConfigTreeOptions<T>) {
    const { consul, datacenter, namespace, partition, token } = options;
    // Everybody gets the same tree, so it is frozen; the caller's own defaults are not.
    this.#options = { ...options, defaults: structuredClone(options.defaults) };
    this.folders = layerFolders(options);
    this.#watch = new LayerWatch({
      consul,
      folders: this.folders,
      scope: { datacenter, namespace, partition, token },
      clock: options.clock ?? systemClock,
      random: options.random ?? systemRandom,
      onLayers: (layers) => this.#take(layers),
      onFailure: (error) => this.#fail({ kind: 'unreachable', error }),
    });
    this.#tasks = new Tasks((_name, error) => this.#opened.reject(error));
  }

  /**
   * Reads the configuration and keeps it live until {@link close}.
   * @throws ConsulError when Consul cannot be asked; ConfigTreeError when what it has cannot be used. Not with
   *   `mayStartWithout`, unless the defaults themselves cannot be used
   */
  static async open<T = ConfigSection>(options: ConfigTreeOptions<T>): Promise<ConfigTree<T>> {
    const tree = new ConfigTree(options);
    const onAbort = () => tree.#opened.reject(options.signal?.reason);
    options.signal?.addEventListener('abort', onAbort, { once: true });
    tree.#opened.promise.catch(() => undefined);
    try {
      options.signal?.throwIfAborted();
      if (options.mayStartWithout === true) tree.#inForce = await tree.#judge(tree.#build([]));
      tree.#tasks.start('config tree', (signal) => tree.#watch.run(signal));
      await tree.#opened.promise;
      return tree;
    } catch (error) {
      await tree.close();
      throw error;
    } finally {
      options.signal?.removeEventListener('abort', onAbort);
    }
  }

  /** The whole configuration, as the schema made it. */
  get value(): T {
    return this.#now.value;
  }

  /** What is in force may not be what Consul has; see {@link lastError}. */
  get isStale(): boolean {
    return this.#error !== undefined;
  }

  /** Why it is stale: a `ConfigTreeError`, or a `ConsulError`. */
  get lastError(): CodedError | undefined {
    return this.#error;
  }

  /**
   * The value at a path, or the fallback where there is none. Its type is what is stored (or what the schema made of
   * it), not the fallback's.
   */
  get(path: ConfigPath): ConfigValue | undefined;
  get<F>(path: ConfigPath, fallback: F): ConfigValue | F;
  get(path: ConfigPath, fallback?: unknown): unknown {
    const value = valueAt(this.#now.value as ConfigValue, namesOf(path));
    return value === undefined ? fallback : value;
  }

  /** The key, in full, that says what stands at a path; undefined for defaults and for nothing. */
  originOf(path: ConfigPath): string | undefined {
    return this.#now.tree.originOf(namesOf(path));
  }

  /**
   * The version of a value in a folder (default the highest), for `cas`; 0 when it has no key of its own there.
   * @throws CodedError `config_path_invalid`, `config_folder_unknown`
   */
  versionOf(path: ConfigPath, folder?: string): number {
    return versionIn(this.#layer(folder), namesOf(path));
  }

  /**
   * Stores a value; {@link get} gives it back at once, and as it was: the string "5432" is not the number. It replaces
   * what stood at its place in the same folder, whatever its form.
   * @returns false when `cas` did not hold
   * @throws ConsulError; CodedError `config_path_invalid`, `config_value_unsupported`; ConfigTreeError when the schema
   *   refuses the tree that it would make, and then nothing is written
   */
  async set(path: ConfigPath, value: ConfigValue, options: ConfigWriteOptions = {}): Promise<boolean> {
    return await this.#write(
      setInLayer(this.#layer(options.folder), namesOf(path), { value, cas: options.cas }),
      options,
    );
  }

  /**
   * Takes a value away from a folder (default the highest), with everything below it; a lower layer may show through.
   * @returns false when `cas` did not hold; true also when there was nothing
   * @throws ConsulError; CodedError `config_path_invalid`, `config_in_document`; ConfigTreeError as {@link set}
   */
  async delete(path: ConfigPath, options: ConfigWriteOptions = {}): Promise<boolean> {
    return await this.#write(deleteFromLayer(this.#layer(options.folder), namesOf(path), options.cas), options);
  }

  /** Reads anew and waits for it; nothing changes when Consul cannot be asked. */
  async refresh(): Promise<void> {
    await this.#watch.refresh();
  }

  /**
   * Yields the configuration as it is, and then each time other values are in force; the newest only, if several came
   * while the consumer was busy. Ends when `signal` aborts, or with {@link close}.
   */
  async *watch(signal?: AbortSignal): AsyncGenerator<ConfigChange<T>> {
    const listener = new LatestValue<InForce<T>>((one, other) => one === other);
    const end = () => listener.end();
    const ending = signal === undefined ? this.#tasks.signal : AbortSignal.any([signal, this.#tasks.signal]);
    if (ending.aborted) return;
    ending.addEventListener('abort', end, { once: true });
    this.#listeners.add(listener);
    let before: ConfigSection = {};
    try {
      listener.put(this.#now);
      for (let next = await listener.take(); next !== undefined; next = await listener.take()) {
        const { value, tree } = next.value;
        yield { value, paths: changedPaths(before, tree.value) };
        before = tree.value;
      }
    } finally {
      this.#listeners.delete(listener);
      ending.removeEventListener('abort', end);
    }
  }

  /** Ends all watches. The values in force stay readable. */
  close(): Promise<void> {
    return this.#tasks.stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  get #now(): InForce<T> {
    if (this.#inForce === undefined) throw new TypeError('the configuration is not open');
    return this.#inForce;
  }

  #layer(folder: string | undefined = this.folders.at(-1)): LayerEntries {
    const index = this.folders.indexOf(folder ?? '');
    if (index >= 0) return this.#layers[index] ?? { folder: this.folders[index] ?? '', entries: [] };
    throw new CodedError(`${folder} is no folder of this configuration: they are ${this.folders.join(', ')}`, {
      code: 'config_folder_unknown',
      side: 'app',
      retryable: false,
    });
  }

  async #write(write: TreeWrite, { signal }: ConfigWriteOptions): Promise<boolean> {
    const { consul, datacenter, namespace, partition, token } = this.#options;
    // What is in Consul now may be what the write is to repair.
    if (!(this.#error instanceof ConfigTreeError)) {
      const { after } = write;
      const layers = this.folders.map((folder) => (folder === after.folder ? after : this.#layer(folder)));
      await this.#judge(this.#build(layers));
    }
    const done = await commit(consul, write, { datacenter, namespace, partition, token, signal });
    await this.refresh();
    return done;
  }

  #build(layers: readonly LayerEntries[]): BuiltTree {
    return buildTree(layers, this.#options.defaults);
  }

  /** @throws ConfigTreeError */
  async #judge(tree: BuiltTree): Promise<InForce<T>> {
    if (tree.problems.length > 0) throw new ConfigTreeError(tree.problems);
    const { schema } = this.#options;
    if (schema === undefined) return { value: tree.value as T, tree };
    const result = await schema['~standard'].validate(tree.value);
    if (result.issues === undefined) return { value: result.value, tree };
    throw new ConfigTreeError(result.issues.map((issue) => ({ where: issuePath(issue), message: issue.message })));
  }

  async #take(layers: readonly LayerEntries[]): Promise<void> {
    this.#layers = layers;
    const tree = this.#build(layers);
    const before = this.#inForce;
    try {
      const isSame = before !== undefined && tree.problems.length === 0 && sameValue(before.tree.value, tree.value);
      const next = isSame ? { value: before.value, tree } : await this.#judge(tree);
      this.#inForce = next;
      this.#succeed();
      if (isSame) return;
      this.#tell({ kind: 'changed', paths: changedPaths(before?.tree.value ?? {}, tree.value) });
      for (const listener of this.#listeners) listener.put(next);
    } catch (error) {
      if (!(error instanceof ConfigTreeError)) throw error;
      this.#fail({ kind: 'rejected', error });
    }
  }

  #succeed(): void {
    const wasStale = this.#error !== undefined;
    this.#error = undefined;
    if (wasStale) this.#tell({ kind: 'current' });
    this.#opened.resolve();
  }

  #fail(event: Extract<ConfigTreeEvent, { readonly error: CodedError }>): void {
    const isNews = this.#error?.message !== event.error.message;
    this.#error = event.error;
    if (isNews) this.#tell(event);
    if (this.#options.mayStartWithout === true) this.#opened.resolve();
    else this.#opened.reject(event.error);
  }

  #tell(event: ConfigTreeEvent): void {
    this.#options.onEvent?.(event);
  }
}
