import { describe, expect, test } from 'vitest';
import type { LogFields } from '../../../src/telemetry/log-fields.ts';
import type { LineFormat } from '../../../src/telemetry/log-line.ts';
import { chooseLineFormat, Logger } from '../../../src/telemetry/logger.ts';
import { FakeClock } from '../../support/fake-clock.ts';

function logging(format?: LineFormat): {
  readonly logger: Logger;
  readonly lines: string[];
  writer: { dropped: number };
} {
  const lines: string[] = [];
  const writer = { dropped: 0, push: (line: string) => lines.push(line) > 0 };
  return { logger: new Logger({ writer, clock: new FakeClock(0), format }), lines, writer };
}

function jsonOf(message: string, fields?: LogFields): Record<string, unknown> {
  const { logger, lines } = logging();
  logger.error(message, fields);
  expect(lines).toHaveLength(1);
  return JSON.parse(lines[0] as string);
}

describe('levels', () => {
  test('lines below the level are not written, and the level changes at once for children too', () => {
    const { logger, lines } = logging();
    const child = logger.with({ room: 'consul' });
    child.debug('one');
    child.info('two');
    logger.level = 'debug';
    child.debug('three');
    logger.level = 'off';
    child.error('four');
    expect(lines.map((line) => JSON.parse(line).msg)).toEqual(['two', 'three']);
    expect(logger.level).toBe('off');
    expect(child.writes('error')).toBe(false);
  });
});

describe('JSON lines', () => {
  test('carry time, level and message, then the fields of the child and of the line', () => {
    const { logger, lines } = logging();
    logger
      .with({ room: 'consul' })
      .info('registered', { id: 'orders-1', port: 8000, ok: true, tags: ['a', 'b'], none: undefined });
    expect(lines).toEqual([
      '{"time":"2023-11-14T22:13:20.000Z","level":"info","msg":"registered","room":"consul","id":"orders-1","port":8000,"ok":true,"tags":["a","b"]}\n',
    ]);
  });

  test('an error is one value with its code and its causes', () => {
    const cause = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:8500'), { code: 'ECONNREFUSED' });
    expect(jsonOf('x', { error: new Error('cannot reach Consul', { cause }) }).error).toBe(
      'cannot reach Consul: connect ECONNREFUSED 127.0.0.1:8500 (ECONNREFUSED)',
    );
  });

  test('NaN and infinity stay valid JSON', () => {
    expect(jsonOf('x', { a: Number.NaN, b: Number.POSITIVE_INFINITY })).toMatchObject({ a: 'NaN', b: 'Infinity' });
  });

  test('a value of any length is cut', () => {
    expect((jsonOf('x', { path: 'a'.repeat(100_000) }).path as string).length).toBeLessThan(4200);
  });
});

describe('lines cannot be forged', () => {
  const hostile = 'a\r\n{"level":"error"}\u001b[2J\u0085\u2028\u2029\u202e\u0000\u009b\ufeff\ud800"\\';

  test.each([
    ['JSON', undefined],
    ['pretty', chooseLineFormat({ isTty: true, env: { NO_COLOR: '1' } })],
  ])('no control character, line separator or override reaches the output: %s', (_name, format) => {
    const { logger, lines } = logging(format);
    logger.info(hostile, { path: hostile, list: [hostile], error: new Error(hostile) });
    const line = lines.join('');
    expect(line.endsWith('\n')).toBe(true);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(line.slice(0, -1)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\ufeff\ud800-\udfff]/);
  });

  test('what was put in comes out of the JSON', () => {
    expect(jsonOf('x', { path: hostile }).path).toBe(hostile);
  });
});

describe('secrets are not written', () => {
  test.each([
    'authorization',
    'Authorization',
    'cookie',
    'set-cookie',
    'x-consul-token',
    'consulToken',
    'CONSUL_HTTP_TOKEN',
    'password',
    'client_secret',
    'api-key',
  ])('a field called %s', (name) => {
    expect(jsonOf('x', { [name]: 's3cret' })[name]).toBe('[redacted]');
    expect(jsonOf('x', { [name]: 12345 })[name]).toBe('[redacted]');
    expect(jsonOf('x', { [name]: ['s3cret'] })[name]).toBe('[redacted]');
  });

  test.each([
    ['GET /a?user=s3cret&x=s3cret#f', 'GET /a?user=[redacted]&x=[redacted]#f'],
    ['/a?s3=&b', '/a?s3=[redacted]&b'],
    ['sent Authorization: Bearer s3cret', 'sent Authorization: [redacted]'],
    ['bearer s3cret was refused', 'bearer [redacted] was refused'],
    ['Cookie: a=s3cret; b=s3cret', 'Cookie: [redacted]'],
    ['http://user:s3cret@host/x', 'http://[redacted]@host/x'],
    ['X-Consul-Token: s3cret', 'X-Consul-Token: [redacted]'],
    ['{"token":"s3cret"}', '{"token":"[redacted]"}'],
    ['token=s3cret', 'token=[redacted]'],
    ['nothing to hide: a = b, tokens are fine', 'nothing to hide: a = b, tokens are fine'],
  ])('inside text: %s', (text, shown) => {
    expect(jsonOf(text).msg).toBe(shown);
    expect(jsonOf('x', { target: text }).target).toBe(shown);
    expect(jsonOf('x', { error: new Error(text) }).error).toBe(shown);
  });
});

describe('the look of lines', () => {
  const look = (isTty: boolean, env: Record<string, string>): string => {
    const { logger, lines } = logging(chooseLineFormat({ isTty, env }));
    logger.warn('say "hi"', { id: 'a-1', text: 'two words', n: 1 });
    return lines[0] as string;
  };
  const plain = '22:13:20.000 WARN  say "hi" id=a-1 text="two words" n=1\n';

  test('JSON when not on a terminal', () => expect(look(false, {})).toMatch(/^\{"time"/));
  test('coloured on a terminal', () => expect(look(true, {})).toContain('\u001b[33mWARN'));
  test('plain with NO_COLOR', () => expect(look(true, { NO_COLOR: '1' })).toBe(plain));
  test('an empty NO_COLOR says nothing', () => expect(look(true, { NO_COLOR: '' })).toContain('\u001b['));
  test('plain on a dumb terminal', () => expect(look(true, { TERM: 'dumb' })).toBe(plain));
  test('FORCE_COLOR colours a pipe', () => expect(look(false, { FORCE_COLOR: '1' })).toContain('\u001b[33mWARN'));
  test('FORCE_COLOR=0 takes colours away', () => expect(look(true, { FORCE_COLOR: '0' })).toBe(plain));
});

test('after a jam the next line that gets through is followed by the number that was dropped', () => {
  const { logger, lines, writer } = logging();
  writer.dropped = 3;
  logger.info('one');
  logger.info('two');
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { msg: 'one' },
    { level: 'warn', dropped: 3 },
    { msg: 'two' },
  ]);
});
