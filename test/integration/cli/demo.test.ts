import { expect, it } from 'vitest';
import { CliProcess } from '../../support/cli-process.ts';

it('the demo ends with every request answered, one instance killed and one drained', async () => {
  const { code, stdout, stderr } = await CliProcess.run([
    'demo',
    '--once',
    '--proxy-listen',
    '127.0.0.1:0',
    '--admin-listen',
    '127.0.0.1:0',
  ]);
  expect(stderr).toBe('');
  expect(stdout).toMatch(/hello-2 is killed[^●]*hello-1 +█+░* +\d+ +\d+\.\d %\n[^●]*●/);
  expect(stdout).toMatch(/\n\d{3,} requests answered, 0 failed\n$/);
  expect(code).toBe(0);
});
