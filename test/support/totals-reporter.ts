import { appendFileSync, mkdirSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';

/**
 * Adds up what ran over the several vitest runs of `npm test`: each run appends a line to .test-totals/totals.jsonl,
 * which .ci/run sums up.
 */
export default class TotalsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const totals = { passed: 0, failed: 0, skipped: 0 };
    for (const module of modules) {
      if (module.state() === 'failed' && module.errors().length > 0) totals.failed += 1;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed') totals.passed += 1;
        else if (state === 'skipped') totals.skipped += 1;
        else totals.failed += 1;
      }
    }
    mkdirSync('.test-totals', { recursive: true });
    appendFileSync('.test-totals/totals.jsonl', `${JSON.stringify(totals)}\n`);
  }
}
