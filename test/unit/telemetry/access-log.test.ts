import { describe, expect, test } from 'vitest';
import { AccessLog, type AccessLogSettings } from '../../../src/telemetry/access-log.ts';
import { Logger } from '../../../src/telemetry/logger.ts';
import { FakeClock } from '../../support/fake-clock.ts';

function logging(settings: AccessLogSettings): { log: AccessLog; lines: string[] } {
  const lines: string[] = [];
  const logger = new Logger({
    writer: { dropped: 0, push: (line) => lines.push(line) > 0 },
    clock: new FakeClock(),
    level: 'info',
  });
  return { log: new AccessLog(logger, settings), lines };
}

const entry = {
  method: 'GET',
  path: '/orders/api/42?card=s3cret',
  upstream: 'orders',
  status: 200,
  durationMs: 12.34567,
  attempts: 1,
  endpoint: '10.0.0.1:8000',
  errorType: undefined,
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  requestBytes: 0,
  responseBytes: 512,
};

describe('which requests get a line', () => {
  test.each([
    // mode, slowMs, [status, ms, sampled] → wanted
    ['off', 100, 503, 1, true, false],
    ['errors', 100, 200, 1, true, false],
    ['errors', 100, 503, 1, false, true],
    ['errors', 100, 0, 1, false, true],
    ['errors', 100, 404, 1, false, false],
    ['errors', 100, 200, 100, false, true],
    ['errors', 0, 200, 1e6, false, false],
    ['sampled', 100, 200, 1, true, true],
    ['sampled', 100, 200, 1, false, false],
    ['sampled', 100, 500, 1, false, true],
    ['all', 0, 200, 1, false, true],
  ] as const)(
    '%s, slow from %i ms: status %i after %i ms, sampled %j → %j',
    (mode, slowMs, status, ms, sampled, wanted) => {
      expect(logging({ mode, slowMs }).log.wants(status, ms, sampled)).toBe(wanted);
    },
  );
});

describe('the line', () => {
  test('tells how the request went, with its trace, without its query', () => {
    const { log, lines } = logging({ mode: 'all', slowMs: 10 });
    log.write(entry);
    expect(JSON.parse(lines[0] as string)).toMatchObject({
      level: 'info',
      msg: 'request',
      method: 'GET',
      path: '/orders/api/42',
      upstream: 'orders',
      status: 200,
      durationMs: 12.346,
      endpoint: '10.0.0.1:8000',
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      slow: true,
    });
    expect(lines.join('')).not.toContain('s3cret');
  });

  test('warns of a failed request, and of one that was never answered', () => {
    const { log, lines } = logging({ mode: 'all', slowMs: 0 });
    log.write({ ...entry, status: 502, errorType: 'connection_refused' });
    log.write({ ...entry, status: undefined, errorType: 'cancelled' });
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { level: 'warn', error: 'connection_refused' },
      { level: 'warn', error: 'cancelled' },
    ]);
  });

  test('a path cannot forge a second line', () => {
    const { log, lines } = logging({ mode: 'all', slowMs: 0 });
    log.write({ ...entry, path: '/a\n{"level":"error","msg":"owned"}' });
    expect(lines.join('').split('\n')).toHaveLength(2);
  });
});
