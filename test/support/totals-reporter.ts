import { appendFileSync, mkdirSync } from 'node:fs';
import type { Reporter, TestCase, TestModule } from 'vitest/node';

/**
 * Adds up what ran over the several vitest runs of `npm test`: each run appends a line to .test-totals/totals.jsonl, which
 * .ci/run sums up. Says, too, how many tests ran against which registry, because those against a real Consul are skipped
 * where there is none.
 */
export default class TotalsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const totals = { passed: 0, failed: 0, skipped: 0 };
    const registries = { real: 0, realSkipped: 0, embedded: 0 };
    for (const module of modules) {
      if (module.state() === 'failed' && module.errors().length > 0) totals.failed += 1;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed') totals.passed += 1;
        else if (state === 'skipped') totals.skipped += 1;
        else totals.failed += 1;
        if (isOnEmbedded(test)) registries.embedded += state === 'skipped' ? 0 : 1;
        if (isOnRealConsul(test)) registries[state === 'skipped' ? 'realSkipped' : 'real'] += 1;
      }
    }
    const { real, realSkipped, embedded } = registries;
    if (real + realSkipped + embedded > 0) {
      process.stdout.write(
        `registries: ${embedded} tests on the embedded one, ${real} on a real Consul, ${realSkipped} of those skipped\n\n`,
      );
    }
    mkdirSync('.test-totals', { recursive: true });
    appendFileSync('.test-totals/totals.jsonl', `${JSON.stringify(totals)}\n`);
  }
}

/** By what the test says of itself. */
function isOnRealConsul({ fullName }: TestCase): boolean {
  return /\breal (?:Consul|agent)\b/i.test(fullName);
}

function isOnEmbedded({ fullName, module }: TestCase): boolean {
  return /\bembedded registry\b/i.test(fullName) || module.moduleId.includes('/dev-agent/');
}
