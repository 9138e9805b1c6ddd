import { expect, it } from 'vitest';
import { repeat } from '../../../src/cli/repeat.ts';
import { CodedError } from '../../../src/runtime/coded-error.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const away = new CodedError('no sidecar answers', { code: 'admin_unreachable', side: 'internal', retryable: true });

/** Shows these answers, one every 2 s; an error is a failed ask. */
async function shown(answers: readonly (string | Error)[], isTTY = true): Promise<readonly string[]> {
  const clock = new FakeClock();
  const stop = new AbortController();
  const lines: string[] = [];
  let asked = 0;
  const ask = () => {
    const answer = answers[asked++] ?? 'the end';
    if (asked >= answers.length) stop.abort();
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(() => void lines.push(answer));
  };
  const out = { isTTY, write: () => lines.push('clear') };
  const running = repeat({ ask, out, onTrouble: (message) => lines.push(message), clock }, stop.signal);
  running.catch(() => stop.abort());
  while (!stop.signal.aborted) await clock.advance(2000);
  await running;
  return lines;
}

it('replaces what was shown by each new answer', async () => {
  expect(await shown(['one', 'two', 'three'])).toEqual(['clear', 'one', 'clear', 'two']);
});

it('keeps the last answer, and says why, while the sidecar is away', async () => {
  expect(await shown(['one', away, 'two', 'three'])).toEqual([
    'clear',
    'one',
    'clear',
    'one',
    'no sidecar answers',
    'clear',
    'two',
  ]);
});

it('writes no answer twice where it is not on a terminal', async () => {
  expect(await shown(['one', away, 'two', 'three'], false)).toEqual(['one', 'no sidecar answers', 'two']);
});

it('fails when there is no answer to begin with, and at a fault of its own', async () => {
  await expect(shown([away, 'one'])).rejects.toBe(away);
  const fault = new TypeError('a fault');
  await expect(shown(['one', fault, 'two'])).rejects.toBe(fault);
});
