import { CodedError } from '../runtime/coded-error.ts';
import type { TreeProblem } from './build-tree.ts';

/** The tree in Consul cannot be used; the last good one stays. Names every problem, and no value. */
export class ConfigTreeError extends CodedError {
  readonly problems: readonly TreeProblem[];

  constructor(problems: readonly TreeProblem[]) {
    const lines = problems.map(({ where, message }) => (where === '' ? message : `${where}: ${message}`));
    super(`the configuration in Consul’s KV cannot be used: ${lines.join('; ')}`, {
      code: 'config_tree_invalid',
      side: 'internal',
      retryable: false,
    });
    this.problems = problems;
  }
}

/** What happens to a configuration in Consul's KV, for logs. */
export type ConfigTreeEvent =
  /** Other values are in force. */
  | { readonly kind: 'changed'; readonly paths: readonly string[] }
  /** What Consul has now cannot be used; the last good values stay. */
  | { readonly kind: 'rejected'; readonly error: ConfigTreeError }
  /** Consul cannot be asked; the last good values stay. */
  | { readonly kind: 'unreachable'; readonly error: CodedError }
  /** After one of the two: what is in force is what Consul has. */
  | { readonly kind: 'current' };
