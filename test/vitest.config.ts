import { defineConfig, type ViteUserConfig } from 'vitest/config';

/** What a unit test may touch is fast and in memory; the rest (processes, sockets, a real Consul, a browser) is integration. */
const config: ViteUserConfig = defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    reporters: ['default', new URL('./support/totals-reporter.ts', import.meta.url).pathname],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/{unit,property,docs}/**/*.test.ts'],
          testTimeout: 10_000,
          setupFiles: ['test/support/property-seed.ts'],
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/{conformance,integration,fuzz,package}/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
          setupFiles: ['test/support/property-seed.ts'],
        },
      },
      {
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: 1,
        },
      },
    ],
  },
});

export default config;
