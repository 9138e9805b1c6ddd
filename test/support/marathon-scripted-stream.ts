import { MarathonError } from '../../src/marathon/marathon-error.ts';
import type { MarathonStream } from '../../src/marathon/marathon-wire.ts';

/** An event stream whose bytes a test sends. */
export interface ScriptedStream {
  readonly stream: MarathonStream;
  readonly send: (text: string) => void;
  /** The other side ends it; with an error, it breaks. */
  readonly end: (error?: Error) => void;
}

/** A Marathon that has nothing but event streams, which a test opens and ends. */
export class ScriptedEvents {
  /** Those opened so far. */
  readonly opened: ScriptedStream[] = [];
  /** While set, no stream is opened. */
  down: MarathonError | undefined;
  /** How many streams were left. */
  left = 0;

  async openEvents(signal: AbortSignal): Promise<MarathonStream> {
    signal.throwIfAborted();
    if (this.down !== undefined) throw this.down;
    const scripted = scriptedStream(signal, `http://m${this.opened.length}`);
    this.opened.push(scripted);
    return scripted.stream;
  }

  leave(): void {
    this.left += 1;
  }

  /** The one that is open. */
  get last(): ScriptedStream {
    const last = this.opened.at(-1);
    if (last === undefined) throw new Error('no stream was opened');
    return last;
  }
}

/** Nobody listens there. */
export function unreachable(): MarathonError {
  return new MarathonError({ kind: 'Unreachable', method: 'GET', url: 'http://m/v2/events', problem: 'refused' });
}

function scriptedStream(signal: AbortSignal, origin: string): ScriptedStream {
  const chunks: Buffer[] = [];
  let ended = false;
  let broken: Error | undefined;
  let wake = (): void => {};
  signal.addEventListener('abort', () => wake(), { once: true });
  async function* body(): AsyncGenerator<Buffer> {
    for (;;) {
      signal.throwIfAborted();
      const chunk = chunks.shift();
      if (chunk !== undefined) yield chunk;
      else if (broken !== undefined) throw broken;
      else if (ended) return;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  }
  return {
    stream: { address: { origin, prefix: '' }, body: body() },
    send: (text) => {
      chunks.push(Buffer.from(text));
      wake();
    },
    end: (error) => {
      ended = true;
      broken = error;
      wake();
    },
  };
}
