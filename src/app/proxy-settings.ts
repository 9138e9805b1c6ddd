import { defaultProxySettings, type ProxySettings } from '../proxy/proxy-settings.ts';
import { randomId, systemRandom } from '../runtime/random.ts';
import type { ProxyConfig } from './config.ts';
import { durationMs, sizeBytes } from './units.ts';

/** What the `proxy` section says, as the proxy takes it; its id is new in every process. */
export function proxySettings(config: ProxyConfig): ProxySettings {
  const defaults = defaultProxySettings(randomId(6, systemRandom));
  const { limits, timeouts, http2 } = config;
  return {
    ...defaults,
    trustForwarded: config.trustForwarded,
    deadlineHeader: config.deadlineHeader,
    hosts: [...config.allowedHosts, ...config.allowedOrigins],
    limits: {
      ...defaults.limits,
      connections: limits.connections,
      headBytes: sizeBytes(limits.headerBytes),
      fields: limits.headerCount,
      targetBytes: sizeBytes(limits.targetBytes),
      headMs: durationMs(timeouts.head),
      keepAliveMs: durationMs(timeouts.idle),
    },
    http2: {
      maxStreams: http2.maxConcurrentStreams,
      streamWindowBytes: sizeBytes(http2.streamWindow),
      sessionWindowBytes: sizeBytes(http2.sessionWindow),
      resetBurst: http2.resetBurst,
      resetsPerSecond: http2.resetsPerSecond,
    },
  };
}
