import { describe, expect, it } from 'vitest';
import { describeReason } from '../../../src/admin/describe-reason.ts';
import { tableLines } from '../../../src/cli/output.ts';
import { type ExplanationJson, explanationTable, serviceIn } from '../../../src/cli/view-commands.ts';
import type { Reason } from '../../../src/upstream/explain.ts';

const explained = (why: readonly string[]): ExplanationJson => ({
  name: 'orders',
  state: 'ready',
  policy: 'round-robin',
  source: 'consul',
  ageSeconds: 36.806,
  panic: false,
  next: 'web-1/orders-1',
  instances: [
    {
      id: 'web-1/orders-1',
      host: '10.0.0.7',
      port: 8000,
      health: 'passing',
      tags: [],
      isUsed: true,
      share: 0.305,
      inFlight: 0,
      why,
    },
  ],
});

const output = 'HTTP GET http://10.0.0.7:8000/health: 503 Service Unavailable Output: the database does not answer';
const check = { id: 'c', name: 'http', status: 'critical' as const, output: `${output}\nbody` };

describe('explain', () => {
  it.each([
    ['orders', 'orders'],
    ['v2.orders@dc2', 'v2.orders@dc2'],
    ['/orders/api/42', 'orders'],
    ['http://localhost:7700/orders/api/42?x=1', 'orders'],
    ['http://localhost:7700/v2.orders@dc2/', 'v2.orders@dc2'],
    ['http://orders.localhost:7700/api', 'orders'],
    ['http://v2.orders.service.consul/api', 'v2.orders'],
    ['http://orders.service.dc2.consul/api', 'orders@dc2'],
  ])('finds the service in %s', (target, service) => {
    expect(serviceIn(target)).toBe(service);
  });

  it.each<[Reason, string]>([
    [{ kind: 'critical', check }, `critical: check “http” says ${output}`],
    [
      { kind: 'ejected', reason: 'consecutive-failures', ejections: 2, returnsInMs: 41_200 },
      'ejected (consecutive-failures, 2×), back in 42 s',
    ],
    [{ kind: 'slow-start', share: 0.3 }, 'back in use, with 30 % of its share'],
    [{ kind: 'panic' }, 'used all the same: too few are usable'],
  ])('says %j as the sidecar does', (reason, words) => {
    expect(explanationTable(explained([describeReason(reason)])).rows).toEqual([
      ['→ web-1/orders-1', 'yes', '30.5 %', words],
    ]);
  });

  it('says in a line what holds for all', () => {
    expect(explanationTable(explained([]))).toEqual({
      summary: 'orders: ready · round-robin · from consul, 37 s old',
      rows: [['→ web-1/orders-1', 'yes', '30.5 %', 'healthy']],
    });
  });

  it('fits 80 characters, with the whole reason', () => {
    const { rows } = explanationTable(explained([describeReason({ kind: 'critical', check })]));
    expect(tableLines(['  INSTANCE', 'USED', 'SHARE', 'WHY'], rows, 80)).toEqual([
      '  INSTANCE        USED  SHARE   WHY',
      '→ web-1/orders-1  yes   30.5 %  critical: check “http” says HTTP GET',
      '                                http://10.0.0.7:8000/health: 503 Service',
      '                                Unavailable Output: the database does not answer',
    ]);
  });
});

describe('a table', () => {
  const head = ['INSTANCE', 'TAGS'];

  it('narrows the last column, then the widest, and goes on in the next line', () => {
    const id = 'i'.repeat(70);
    const lines = tableLines(
      head,
      [
        [id, 'a, b'],
        ['short', 'one two three four five six seven eight'],
      ],
      80,
    );
    expect(lines).toEqual([
      `${'INSTANCE'.padEnd(56)}TAGS`,
      `${'i'.repeat(54)}  a, b`,
      'i'.repeat(16),
      `${'short'.padEnd(56)}one two three four five`,
      `${' '.repeat(56)}six seven eight`,
    ]);
  });

  it('breaks nothing where there is no terminal', () => {
    const tags = 'x '.repeat(200).trim();
    expect(tableLines(head, [['a', tags]], Number.POSITIVE_INFINITY)).toEqual(['INSTANCE  TAGS', `a         ${tags}`]);
  });

  it('cuts a word that is longer than the line, and shows no control characters', () => {
    const lines = tableLines(
      ['A', 'B'],
      [
        ['a', 'y'.repeat(100)],
        ['\u001b[2J', 'b'],
      ],
      40,
    );
    expect(lines.every((line) => line.length <= 40)).toBe(true);
    expect(lines.join('')).toContain('�[2J');
    expect(lines.join('').match(/y/g)).toHaveLength(100);
  });
});
