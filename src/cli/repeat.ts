import type { Clock } from '../runtime/clock.ts';
import { CodedError } from '../runtime/coded-error.ts';

const EVERY_MS = 2000;
/** To the top left, and nothing below: what was there is replaced at once and does not flicker. */
const CLEAR = '\u001b[H\u001b[2J';

/** What is shown again and again. */
export interface RepeatOptions {
  /** Asks, and returns what prints the answer. */
  readonly ask: () => Promise<() => void>;
  /** Where it is printed; a terminal is cleared before. */
  readonly out: { readonly isTTY: boolean; write(text: string): unknown };
  /** Says why there is no new answer. */
  readonly onTrouble: (message: string) => void;
  readonly clock: Pick<Clock, 'sleep'>;
}

/**
 * Shows an answer every 2 s until the signal aborts. The first has to come; later a sidecar that does not answer (it is being
 * restarted) is told of, and asked again.
 * @throws what the first ask threw, or anything later that is no {@link CodedError}
 */
export async function repeat({ ask, out, onTrouble, clock }: RepeatOptions, signal: AbortSignal): Promise<void> {
  let print = await ask();
  let trouble: string | undefined;
  while (!signal.aborted) {
    if (out.isTTY) out.write(CLEAR);
    // A program that reads a pipe wants no answer twice.
    if (out.isTTY || trouble === undefined) print();
    if (trouble !== undefined) onTrouble(trouble);
    await clock.sleep(EVERY_MS, signal).catch(() => undefined);
    if (signal.aborted) return;
    try {
      print = await ask();
      trouble = undefined;
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      trouble = error.message;
    }
  }
}
