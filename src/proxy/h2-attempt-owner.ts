import type { ClientHttp2Stream, IncomingHttpHeaders } from 'node:http2';
import type { OriginFailure } from '../http1/origin-failure.ts';
import type { GivesUp } from './attempt-ledger.ts';

/** The exchange that the attempts are made for. */
export interface H2AttemptOwner extends GivesUp {
  /** An interim answer (1xx). */
  originInterim(status: number, raw: readonly string[]): void;
  /** The answer's head. `isWhole`: it is all. */
  originAnswered(origin: ClientHttp2Stream, answer: H2AnswerHead): void;
  originTrailers(raw: readonly string[], headers: IncomingHttpHeaders): void;
  originData(origin: ClientHttp2Stream, piece: Buffer): void;
  originEnded(): void;
  /** There will be no (more of an) answer. */
  originFailed(failure: OriginFailure): void;
}

/** The head of an origin's answer. */
export interface H2AnswerHead {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly raw: readonly string[];
  readonly isWhole: boolean;
}
