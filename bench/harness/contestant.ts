import type { PinnedProcess } from './pinned-process.ts';
import type { ProxyTask } from './proxy-task.ts';

/** A proxy that takes part. */
export interface Contestant {
  /** As in `--peers` and in the tables. */
  readonly name: string;
  /** `own`: pilotfish. `native`: not Node. `npm`: a package to compare with. `floor`: Node's own parts, bare. */
  readonly kind: 'own' | 'native' | 'npm' | 'floor';
  /** One line for the table's legend. */
  readonly about: string;
  /** False when it has no way to pass an upgrade on. */
  readonly tunnelsWebSockets: boolean;
  /** Undefined when it is not installed; `remedy` says how to get it. */
  version(): string | undefined;
  readonly remedy: string;
  /** @throws Error when it does not come up */
  start(task: ProxyTask): Promise<PinnedProcess>;
}
