import { describe, expect, test } from 'vitest';
import { type LogSink, LogWriter } from '../../../src/telemetry/log-writer.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';

type Done = (error: NodeJS.ErrnoException | null, written: number) => void;

/** A sink whose writes end when the test says so. */
class HeldSink implements LogSink {
  readonly texts: string[] = [];
  readonly waiting: { bytes: Buffer; done: Done }[] = [];
  syncErrors = 0;

  write(bytes: Buffer, done: Done): void {
    this.waiting.push({ bytes, done });
  }

  writeSync(bytes: Buffer): number {
    if (this.syncErrors-- > 0) throw Object.assign(new Error('full'), { code: 'EAGAIN' });
    const part = bytes.subarray(0, 5);
    this.texts.push(part.toString());
    return part.length;
  }

  /** Ends the write under way, having taken `length` bytes of it (all by default), or with an error. */
  finish(length?: number, code?: string): void {
    const { bytes, done } = this.waiting.shift() as { bytes: Buffer; done: Done };
    if (code !== undefined) done(Object.assign(new Error(code), { code }), 0);
    else {
      const taken = bytes.subarray(0, length);
      this.texts.push(taken.toString('latin1'));
      done(null, taken.length);
    }
  }
}

function writing(maxPendingBytes?: number): { sink: HeldSink; clock: FakeClock; writer: LogWriter } {
  const sink = new HeldSink();
  const clock = new FakeClock();
  return { sink, clock, writer: new LogWriter({ sink, clock, maxPendingBytes }) };
}

describe('the log writer', () => {
  test('puts the lines of one turn into one write, and those that come meanwhile into the next', async () => {
    const { sink, writer } = writing();
    writer.push('a\n');
    writer.push('b\n');
    await settle();
    writer.push('c\n');
    await settle();
    expect(sink.waiting).toHaveLength(1);
    sink.finish();
    sink.finish();
    expect(sink.texts).toEqual(['a\nb\n', 'c\n']);
  });

  test('goes on where a partial write ended', async () => {
    const { sink, writer } = writing();
    writer.push('grüße\n');
    await settle();
    sink.finish(3);
    sink.finish();
    expect(Buffer.from(sink.texts.join(''), 'latin1').toString()).toBe('grüße\n');
    expect(sink.waiting).toHaveLength(0);
  });

  test('a full pipe is tried again later and nothing is lost', async () => {
    const { sink, clock, writer } = writing();
    writer.push('a\n');
    await settle();
    sink.finish(0, 'EAGAIN');
    expect(sink.waiting).toHaveLength(0);
    await clock.advance(20);
    sink.finish();
    expect(sink.texts).toEqual(['a\n']);
  });

  test('a closed reader costs the lines, not the process', async () => {
    const { sink, writer } = writing();
    writer.push('a\n');
    await settle();
    sink.finish(0, 'EPIPE');
    writer.push('b\n');
    await settle();
    sink.finish();
    expect(sink.texts).toEqual(['b\n']);
  });

  test('what waits is bounded; lines beyond are dropped and counted', async () => {
    const { sink, writer } = writing(10);
    const accepted = Array.from({ length: 8 }, () => writer.push('abc\n'));
    expect(accepted.filter(Boolean)).toHaveLength(2);
    expect(writer.dropped).toBe(6);
    expect(writer.accepted).toBe(2);
    await settle();
    expect(writer.push('abc\n')).toBe(true);
    sink.finish();
    sink.finish();
  });

  test('flush waits for the last byte, but not for ever', async () => {
    const { sink, clock, writer } = writing();
    await writer.flush(1000);
    writer.push('a\n');
    const ends: string[] = [];
    void writer.flush(1000).then(() => ends.push('written'));
    await settle();
    expect(ends).toEqual([]);
    sink.finish();
    await settle();
    expect(ends).toEqual(['written']);
    writer.push('b\n');
    void writer.flush(1000).then(() => ends.push('gave up'));
    await clock.advance(1000);
    expect(ends).toEqual(['written', 'gave up']);
    sink.finish();
    expect(clock.pending).toBe(0);
  });

  test('at exit everything that waits is written at once, through short writes and a pipe that is full for a moment', () => {
    const { sink, writer } = writing();
    writer.push('one line\n');
    writer.push('another\n');
    sink.syncErrors = 2;
    writer.flushSync();
    expect(sink.texts.join('')).toBe('one line\nanother\n');
  });

  test('at exit a pipe that stays full is given up', () => {
    const { sink, writer } = writing();
    writer.push('a\n');
    sink.syncErrors = Number.POSITIVE_INFINITY;
    writer.flushSync();
    expect(sink.texts).toEqual([]);
  });

  test('at exit a write that waits for a full pipe to drain is not lost', async () => {
    const { sink, writer } = writing();
    writer.push('a\n');
    await settle();
    sink.finish(0, 'EAGAIN');
    writer.push('b\n');
    writer.flushSync();
    expect(sink.texts.join('')).toBe('a\nb\n');
  });
});
