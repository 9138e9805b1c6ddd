import { styled } from '../output.ts';
import type { LoadTally } from './demo-load.ts';

const BAR_WIDTH = 30;

/** What the demo shows: on a terminal the counts move, in a pipe each step is printed once. */
export class DemoScreen {
  readonly #out = process.stdout;
  #liveLines = 0;

  /** A heading. */
  title(text: string): void {
    this.#out.write(`\n${styled(['bold', 'cyan'], text)}\n`);
  }

  /** A fact with its name. */
  fact(name: string, value: string): void {
    this.#out.write(`  ${styled('dim', name.padEnd(10))} ${value}\n`);
  }

  /** The next thing that happens. */
  step(text: string): void {
    this.#liveLines = 0;
    this.#out.write(`\n${styled('cyan', '●')} ${text}\n`);
  }

  /** The counts as they are now; replaced by the next ones on a terminal, not shown in a pipe. */
  live(tally: LoadTally): void {
    if (this.#out.isTTY) this.#draw(tally);
  }

  /** The counts of a step that is over. */
  settled(tally: LoadTally): void {
    this.#draw(tally);
    this.#liveLines = 0;
  }

  #draw(tally: LoadTally): void {
    const lines = [...shareLines(tally.byInstance), failureLine(tally)];
    if (this.#liveLines > 0) this.#out.write(`\u001b[${this.#liveLines}A\u001b[J`);
    this.#out.write(`${lines.join('\n')}\n`);
    this.#liveLines = lines.length;
  }
}

function shareLines(byInstance: ReadonlyMap<string, number>): string[] {
  const total = [...byInstance.values()].reduce((sum, count) => sum + count, 0);
  return [...byInstance]
    .sort(([one], [other]) => one.localeCompare(other))
    .map(([instance, count]) => {
      const portion = total === 0 ? 0 : count / total;
      const bar = '█'.repeat(Math.round(portion * BAR_WIDTH)).padEnd(BAR_WIDTH, '░');
      return `  ${instance.padEnd(10)} ${styled('green', bar)} ${String(count).padStart(6)}  ${(portion * 100).toFixed(1).padStart(5)} %`;
    });
}

function failureLine({ answered, failed, failures }: LoadTally): string {
  const counts = `  ${answered} answered, ${failed} failed`;
  return failed === 0 ? styled('dim', counts) : styled('red', `${counts}: ${failures.join(' · ')}`);
}
