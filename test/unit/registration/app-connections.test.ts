import { describe, expect, it } from 'vitest';
import { AppConnections, connectionsTo } from '../../../src/registration/app-connections.ts';
import { FakeClock } from '../../support/fake-clock.ts';

/** As Linux writes it: 8000 is 1F40, 01 established, 0A listening, 06 waiting to end. */
const HEAD = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
const row = (local: string, other: string, state: string) =>
  `   0: ${local} ${other} ${state} 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0\n`;
const TABLE =
  HEAD +
  row('00000000:1F40', '00000000:0000', '0A') +
  row('0100007F:1F40', '0100007F:C350', '01') +
  row('0100007F:1F40', '0100007F:C351', '06') +
  row('0100007F:C350', '0100007F:1F40', '01') +
  row('0100007F:1F41', '0100007F:C352', '01');

describe('the connections to the app', () => {
  it('are the established ones on its port, seen from its side', () => {
    expect(connectionsTo(8000, TABLE)).toEqual(['0100007F:C350 0100007F:1F40']);
  });

  it('count as begun once each, over several looks and both tables', async () => {
    let v4 = TABLE;
    const tables = (path: string) => Promise.resolve(path.endsWith('6') ? HEAD : v4);
    const meter = new AppConnections(8000, new FakeClock(), tables);
    await meter.look();
    await meter.look();
    expect([meter.active(), meter.started()]).toEqual([1, 1]);
    v4 = HEAD + row('0100007F:1F40', '0100007F:D000', '01');
    await meter.look();
    expect([meter.active(), meter.started()]).toEqual([1, 2]);
    v4 = HEAD;
    await meter.look();
    expect([meter.active(), meter.started()]).toEqual([0, 2]);
  });

  it('cannot be told where the kernel has no such table', async () => {
    const meter = new AppConnections(8000, new FakeClock(), () => Promise.reject(new Error('ENOENT')));
    await meter.run(new AbortController().signal);
    expect(meter.isWatching).toBe(false);
  });
});
