import { expect, test } from 'vitest';
import { collectLogLines } from '../../../src/app/logging.ts';
import { pilotfishMetrics } from '../../../src/telemetry/pilotfish-metrics.ts';
import { Registry } from '../../../src/telemetry/registry.ts';

test('the metrics say how many log lines were written and how many were not, as the writer counts them', () => {
  const metrics = pilotfishMetrics(new Registry());
  collectLogLines(metrics, { accepted: 7, dropped: 2 });
  collectLogLines(metrics, { accepted: 9, dropped: 2 });
  expect(metrics.logLines.bind('written').value).toBe(9);
  expect(metrics.logLines.bind('dropped').value).toBe(2);
});
