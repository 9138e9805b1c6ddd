/** What names this process to those who collect its telemetry. */
export interface ResourceOptions {
  /** The service beside the sidecar, or `pilotfish` when there is none. `OTEL_SERVICE_NAME` goes before it. */
  readonly serviceName: string;
  /** pilotfish's own version. */
  readonly version: string;
  /** Unique to this process. */
  readonly instanceId: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * The OpenTelemetry resource: `service.name`, `service.version`, `service.instance.id` and the pairs of
 * `OTEL_RESOURCE_ATTRIBUTES`, which go before ours; `OTEL_SERVICE_NAME` goes before both. Written as `target_info` and sent
 * by OTLP alike.
 */
export function resourceAttributes(options: ResourceOptions): ReadonlyMap<string, string> {
  const { env } = options;
  const attributes = new Map([
    ['service.name', options.serviceName],
    ['service.version', options.version],
    ['service.instance.id', options.instanceId],
  ]);
  for (const [name, value] of parsePairs(env.OTEL_RESOURCE_ATTRIBUTES ?? '')) attributes.set(name, value);
  const serviceName = env.OTEL_SERVICE_NAME?.trim();
  if (serviceName) attributes.set('service.name', serviceName);
  return attributes;
}

/** `a=b,c=d` with percent-encoded values; one malformed pair makes the whole text void, as the specification says. */
function parsePairs(text: string): readonly (readonly [string, string])[] {
  const pairs: (readonly [string, string])[] = [];
  for (const pair of text.split(',')) {
    if (pair.trim() === '') continue;
    const equals = pair.indexOf('=');
    const name = pair.slice(0, equals).trim();
    if (equals < 0 || name === '') return [];
    try {
      pairs.push([name, decodeURIComponent(pair.slice(equals + 1).trim())]);
    } catch {
      return [];
    }
  }
  return pairs;
}
