import { expect, it } from 'vitest';
import type { ProxyConfig } from '../../../src/app/config.ts';
import { DEFAULT_CONFIG } from '../../../src/app/default-config.ts';
import { proxySettings } from '../../../src/app/proxy-settings.ts';

const settings = (changes: Partial<ProxyConfig>) => proxySettings({ ...DEFAULT_CONFIG.proxy, ...changes });

it('what the proxy section says reaches the proxy', () => {
  expect(settings({})).toMatchObject({ trustForwarded: false, deadlineHeader: undefined, hosts: [] });
  expect(
    settings({
      trustForwarded: true,
      deadlineHeader: 'X-Deadline-Ms',
      allowedHosts: ['gate.test'],
      allowedOrigins: ['https://app.test'],
      limits: { connections: 7, headerBytes: '1KiB', headerCount: 9, targetBytes: '512B' },
      timeouts: { head: '2s', idle: '3s' },
      http2: {
        maxConcurrentStreams: 5,
        streamWindow: '1MiB',
        sessionWindow: '2MiB',
        resetBurst: 10,
        resetsPerSecond: 2,
      },
    }),
  ).toMatchObject({
    trustForwarded: true,
    deadlineHeader: 'X-Deadline-Ms',
    hosts: ['gate.test', 'https://app.test'],
    limits: { connections: 7, headBytes: 1024, fields: 9, targetBytes: 512, headMs: 2000, keepAliveMs: 3000 },
    http2: {
      maxStreams: 5,
      streamWindowBytes: 2 ** 20,
      sessionWindowBytes: 2 ** 21,
      resetBurst: 10,
      resetsPerSecond: 2,
    },
  });
});
