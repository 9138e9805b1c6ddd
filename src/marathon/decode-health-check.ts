import {
  type Decoder,
  decodeNumber,
  decodeObject,
  decodeString,
  field,
  fieldOr,
  type JsonObject,
  optionalField,
} from '../consul/decode/decoder.ts';
import { decodePort } from './decode-ports.ts';
import type { AppHealthCheck, HealthCheckProtocol } from './marathon-app.ts';

const SECOND_MS = 1_000;

/** `MESOS_…` ones are run by Mesos' executor on the agent, the others by Marathon; what they ask is the same. */
const PROTOCOLS: ReadonlyMap<string, HealthCheckProtocol> = new Map([
  ['HTTP', 'http'],
  ['HTTPS', 'https'],
  ['TCP', 'tcp'],
  ['GRPC', 'grpc'],
  ['COMMAND', 'command'],
]);

/**
 * A health check of an app. Source: mesosphere/marathon `types/healthCheck.raml`, with its defaults.
 * @throws DecodeError
 */
export const decodeHealthCheck: Decoder<AppHealthCheck> = (value) => {
  const object = decodeObject(value);
  const protocolName = fieldOr(object, 'protocol', decodeString, 'HTTP');
  const protocol = PROTOCOLS.get(protocolName.replace(/^MESOS_/, '')) ?? 'other';
  const port = optionalField(object, 'port', decodePort);
  const dials = protocol !== 'command' && port === undefined;
  return {
    protocol,
    protocolName,
    path: fieldOr(object, 'path', decodeString, '/'),
    portIndex: dials ? fieldOr(object, 'portIndex', decodePort, 0) : undefined,
    port,
    endpoint: undefined,
    ...timesOf(object),
  };
};

/**
 * A health check of a pod's container: one of `http`, `tcp` and `exec`.
 * @throws DecodeError
 */
export const decodePodHealthCheck: Decoder<AppHealthCheck> = (value) => {
  const object = decodeObject(value);
  const http = optionalField(object, 'http', decodeObject);
  const tcp = optionalField(object, 'tcp', decodeObject);
  const common = { portIndex: undefined, port: undefined, ...timesOf(object) };
  if (http !== undefined) {
    const protocolName = field({ http }, 'http', () => fieldOr(http, 'scheme', decodeString, 'HTTP'));
    return {
      protocol: PROTOCOLS.get(protocolName) ?? 'other',
      protocolName,
      path: field({ http }, 'http', () => fieldOr(http, 'path', decodeString, '/')),
      endpoint: field({ http }, 'http', () => field(http, 'endpoint', decodeString)),
      ...common,
    };
  }
  if (tcp !== undefined) {
    const endpoint = field({ tcp }, 'tcp', () => field(tcp, 'endpoint', decodeString));
    return { protocol: 'tcp', protocolName: 'TCP', path: '/', endpoint, ...common };
  }
  return { protocol: 'command', protocolName: 'COMMAND', path: '/', endpoint: undefined, ...common };
};

function timesOf(
  object: JsonObject,
): Pick<AppHealthCheck, 'gracePeriodMs' | 'intervalMs' | 'timeoutMs' | 'maxConsecutiveFailures'> {
  return {
    gracePeriodMs: fieldOr(object, 'gracePeriodSeconds', decodeNumber, 300) * SECOND_MS,
    intervalMs: fieldOr(object, 'intervalSeconds', decodeNumber, 60) * SECOND_MS,
    timeoutMs: fieldOr(object, 'timeoutSeconds', decodeNumber, 20) * SECOND_MS,
    maxConsecutiveFailures: fieldOr(object, 'maxConsecutiveFailures', decodeNumber, 3),
  };
}
