/** Whose fault an error is: the calling app's, the upstream's, or ours and our surroundings'. */
export type ErrorSide = 'app' | 'upstream' | 'internal';

/** What a {@link CodedError} carries besides its message. */
export interface CodedErrorOptions {
  /** Stable snake_case name, by which programs tell errors apart; each is listed in docs/errors.md. */
  readonly code: string;
  readonly side: ErrorSide;
  /** Whether the same thing, tried again, may succeed. */
  readonly retryable: boolean;
  readonly cause?: unknown;
}

/**
 * The base of every error that pilotfish makes. The message is for people and names what failed, on what, the rule or
 * limit, and the remedy; the code is for programs.
 */
export class CodedError extends Error {
  readonly code: string;
  readonly side: ErrorSide;
  readonly retryable: boolean;

  constructor(message: string, options: CodedErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = options.code;
    this.side = options.side;
    this.retryable = options.retryable;
  }
}
