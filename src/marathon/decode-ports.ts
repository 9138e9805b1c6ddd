import {
  type Decoder,
  decodeList,
  decodeNumber,
  decodeObject,
  decodeString,
  decodeStringMap,
  expected,
  field,
  fieldOr,
  type JsonObject,
  optionalField,
} from '../consul/decode/decoder.ts';
import type { AppNetwork, AppPort, NetworkMode } from './marathon-app.ts';

/** A port number, 0 included. */
export const decodePort: Decoder<number> = (value) => {
  if (!Number.isInteger(value) || (value as number) < 0 || (value as number) > 65_535) throw expected('a port', value);
  return value as number;
};

/** Port numbers. */
export const decodePortNumbers: Decoder<readonly number[]> = decodeList(decodePort);

/** What of Mesos' and Marathon's names for networks means which; Docker's `NONE` has no address to be reached at. */
const MODES: ReadonlyMap<string, NetworkMode> = new Map([
  ['host', 'host'],
  ['container/bridge', 'bridge'],
  ['container', 'container'],
  ['HOST', 'host'],
  ['BRIDGE', 'bridge'],
  ['USER', 'container'],
  ['NONE', 'host'],
]);

const decodeMode: Decoder<NetworkMode> = (value) => {
  const mode = MODES.get(decodeString(value));
  if (mode === undefined) throw expected('a network mode', value);
  return mode;
};

/** An entry of `networks` (Marathon ≥ 1.5), of apps and of pods; the mode's default is Marathon's. */
export const decodeNetwork: Decoder<AppNetwork> = (value) => {
  const object = decodeObject(value);
  return {
    mode: fieldOr(object, 'mode', decodeMode, 'container'),
    name: optionalField(object, 'name', decodeString),
  };
};

/** `tcp`, `udp`, `udp,tcp` or a list of them. */
export const decodeProtocols: Decoder<readonly string[]> = (value) => {
  const names = Array.isArray(value) ? value.map(decodeString) : decodeString(value).split(',');
  return names.map((name) => name.trim().toLowerCase()).filter((name) => name !== '');
};

const TCP: readonly string[] = ['tcp'];

/** A port before it is known which of them have a place on the host. */
interface WantedPort extends Omit<AppPort, 'hostPortIndex'> {
  readonly onHost: boolean;
}

/** What an app says of its networks and ports. */
export interface AppAddressing {
  readonly networks: readonly AppNetwork[];
  readonly ports: readonly AppPort[];
}

/**
 * The networks and ports of an app, from whichever fields its version of Marathon uses. Mappings count unless the app
 * is on the host's network; then, or where there are none, `portDefinitions`, and before 0.16 plain `ports`.
 */
export function decodeAddressing(app: JsonObject): AppAddressing {
  const container = fieldOr<JsonObject>(app, 'container', decodeObject, {});
  const docker = fieldIn(container, 'container', (it) => fieldOr<JsonObject>(it, 'docker', decodeObject, {}));
  const networks = networksOf(app, docker);
  const onHostNetwork = networks.every(({ mode }) => mode === 'host');
  return { networks, ports: numbered(onHostNetwork ? hostPorts(app) : mappedPorts(app, container, networks)) };
}

function networksOf(app: JsonObject, docker: JsonObject): readonly AppNetwork[] {
  const networks = field(app, 'networks', decodeList(decodeNetwork));
  if (networks.length > 0) return networks;
  const ipPerTask = optionalField(app, 'ipAddress', decodeObject);
  const name = ipPerTask === undefined ? undefined : optionalField(ipPerTask, 'networkName', decodeString);
  const ofDocker = fieldIn(docker, 'container.docker', (it) => optionalField(it, 'network', decodeMode));
  if (ofDocker === 'bridge') return [{ mode: 'bridge', name: undefined }];
  if (ofDocker === 'container' || ipPerTask !== undefined) return [{ mode: 'container', name }];
  return [{ mode: 'host', name: undefined }];
}

function hostPorts(app: JsonObject): readonly WantedPort[] {
  const definitions = optionalField(app, 'portDefinitions', decodeList(decodeDefinition));
  if (definitions !== undefined) return definitions;
  return field(app, 'ports', decodePortNumbers).map((port) => ({
    name: undefined,
    protocols: TCP,
    labels: new Map(),
    containerPort: undefined,
    servicePort: port,
    onHost: true,
  }));
}

const decodeDefinition: Decoder<WantedPort> = (value) => {
  const object = decodeObject(value);
  return {
    ...namedPort(object),
    containerPort: undefined,
    servicePort: optionalField(object, 'port', decodePort),
    onHost: true,
  };
};

function mappedPorts(app: JsonObject, container: JsonObject, networks: readonly AppNetwork[]): readonly WantedPort[] {
  const bridged = networks.some(({ mode }) => mode === 'bridge');
  const decode = decodeList((value) => decodeMapping(decodeObject(value), bridged));
  const mappings =
    fieldIn(container, 'container', (it) => optionalField(it, 'portMappings', decode)) ??
    fieldIn(fieldOr<JsonObject>(container, 'docker', decodeObject, {}), 'container.docker', (it) =>
      optionalField(it, 'portMappings', decode),
    );
  if (mappings !== undefined) return mappings;
  return optionalField(app, 'ipAddress', decodeObject) === undefined ? hostPorts(app) : discoveryPorts(app);
}

/** On a bridge every mapping has a host port; on a container network only one that asks for it. */
function decodeMapping(mapping: JsonObject, bridged: boolean): WantedPort {
  const hostPort = optionalField(mapping, 'hostPort', decodePort);
  return {
    ...namedPort(mapping),
    containerPort: fieldOr(mapping, 'containerPort', decodePort, 0),
    servicePort: optionalField(mapping, 'servicePort', decodePort),
    onHost: bridged || hostPort !== undefined,
  };
}

/** Ports of the IP-per-task of Marathon 0.11–1.4, which none has on the host. */
function discoveryPorts(app: JsonObject): readonly WantedPort[] {
  const ipPerTask = fieldOr<JsonObject>(app, 'ipAddress', decodeObject, {});
  return fieldIn(ipPerTask, 'ipAddress', (it) => {
    const discovery = fieldOr<JsonObject>(it, 'discovery', decodeObject, {});
    return field(discovery, 'ports', decodeList(decodeDiscoveryPort));
  });
}

const decodeDiscoveryPort: Decoder<WantedPort> = (value) => {
  const object = decodeObject(value);
  return {
    ...namedPort(object),
    containerPort: fieldOr(object, 'number', decodeNumber, 0),
    servicePort: undefined,
    onHost: false,
  };
};

function namedPort(object: JsonObject): Pick<WantedPort, 'name' | 'protocols' | 'labels'> {
  return {
    name: optionalField(object, 'name', decodeString),
    protocols: fieldOr(object, 'protocol', decodeProtocols, TCP),
    labels: field(object, 'labels', decodeStringMap),
  };
}

function numbered(ports: readonly WantedPort[]): readonly AppPort[] {
  let next = 0;
  return ports.map(({ onHost, ...port }) => ({ ...port, hostPortIndex: onHost ? next++ : undefined }));
}

/** Reads from an inner object with errors that name the whole path. */
function fieldIn<T>(object: JsonObject, path: string, read: (object: JsonObject) => T): T {
  return field({ [path]: object }, path, () => read(object));
}
