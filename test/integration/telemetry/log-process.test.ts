import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';

const room = new URL('../../../src/telemetry/', import.meta.url).href;
const clock = new URL('../../../src/runtime/clock.ts', import.meta.url).href;

/** A process that logs to its standard error as app/ does, running `body` with `logger` and `writer` at hand. */
function logging(body: string): ReturnType<typeof spawn> {
  const program = `
    import { systemClock } from '${clock}';
    import { descriptorSink, LogWriter } from '${room}log-writer.ts';
    import { Logger } from '${room}logger.ts';
    const writer = new LogWriter({ sink: descriptorSink(2), clock: systemClock });
    const logger = new Logger({ writer, clock: systemClock });
    process.on('exit', () => writer.flushSync());
    ${body}`;
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module-typescript', '--eval', program];
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
}

describe('logging to a pipe', () => {
  test('every line arrives once and in order, those before process.exit too', async () => {
    const child = logging(`
      for (let n = 0; n < 3000; n++) logger.info('line', { n });
      await writer.flush(10_000);
      for (let n = 3000; n < 3010; n++) logger.info('line', { n });
      process.exit(0);`);
    const output = await text(child.stderr as NodeJS.ReadableStream);
    const numbers = output
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).n);
    expect(numbers).toEqual(Array.from({ length: 3010 }, (_, n) => n));
  });

  test('a reader that stops reading does not stop the process; what was dropped is counted and told later', async () => {
    const child = logging(`
      const { setImmediate: turn } = await import('node:timers/promises');
      let turns = 0;
      while (writer.dropped < 1000) {
        for (let n = 0; n < 100; n++) logger.info('x'.repeat(1000));
        turns += 1;
        await turn();
      }
      const alive = setInterval(() => undefined, 1e6);
      const goOn = new Promise((resolve) => process.once('SIGUSR2', resolve));
      process.stdout.write('dropped ' + writer.dropped + '\\n');
      await goOn;
      clearInterval(alive);
      await writer.flush(10_000);
      logger.info('after');
      await writer.flush(10_000);
      process.exit(0);`);
    const [told] = await once(child.stdout as NodeJS.ReadableStream, 'data');
    const dropped = Number(String(told).split(' ')[1]);
    const output = text(child.stderr as NodeJS.ReadableStream);
    child.kill('SIGUSR2');
    const lines = (await output)
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(dropped).toBeGreaterThanOrEqual(1000);
    expect(lines.at(-2)).toMatchObject({ msg: 'after' });
    expect(lines.at(-1)).toMatchObject({ level: 'warn', dropped });
  });
});
