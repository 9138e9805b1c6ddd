import { CodedError } from '../runtime/coded-error.ts';

/** One thing that is wrong with a configuration. */
export interface ConfigProblem {
  /** Where it was said: `pilotfish.yaml:12:5`, `--set`, `env SERVICE_PORT`. */
  readonly where: string;
  /** Dotted path of the setting; empty for the whole document. */
  readonly path: string;
  readonly message: string;
}

/** The configuration cannot be used; names every problem at once, one a line. */
export class ConfigError extends CodedError {
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    const lines = problems.map(({ where, path, message }) =>
      [where, path, message].filter((part) => part !== '').join(': '),
    );
    super(lines.join('\n'), { code: 'config_invalid', side: 'internal', retryable: false });
    this.problems = problems;
  }
}
