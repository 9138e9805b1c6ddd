import {
  type Decoder,
  decodeBoolean,
  decodeList,
  decodeNumber,
  decodeObject,
  decodeString,
  decodeStringMap,
  decodeStrings,
  field,
  fieldOr,
  optionalField,
} from '../consul/decode/decoder.ts';
import { decodePodHealthCheck } from './decode-health-check.ts';
import { decodeNetwork, decodePort, decodeProtocols } from './decode-ports.ts';
import { decodeId } from './decode-task.ts';
import type { AppNetwork } from './marathon-app.ts';
import type {
  MarathonPod,
  PodContainer,
  PodContainerStatus,
  PodEndpoint,
  PodEndpointStatus,
  PodInstance,
} from './marathon-pod.ts';
import { taskPhase } from './task-phase.ts';
import { decodeEach, type ReadList } from './unreadable.ts';

const HOST_NETWORK: readonly AppNetwork[] = [{ mode: 'host', name: undefined }];

const decodeEndpoint: Decoder<PodEndpoint> = (value) => {
  const object = decodeObject(value);
  return {
    name: field(object, 'name', decodeString),
    protocols: fieldOr<readonly string[]>(object, 'protocol', decodeProtocols, ['tcp']),
    labels: field(object, 'labels', decodeStringMap),
    containerPort: optionalField(object, 'containerPort', decodePort),
    onHost: optionalField(object, 'hostPort', decodePort) !== undefined,
  };
};

const decodeContainer: Decoder<PodContainer> = (value) => {
  const object = decodeObject(value);
  return {
    name: field(object, 'name', decodeString),
    labels: field(object, 'labels', decodeStringMap),
    endpoints: field(object, 'endpoints', decodeList(decodeEndpoint)),
    healthCheck: optionalField(object, 'healthCheck', decodePodHealthCheck),
  };
};

const decodeEndpointStatus: Decoder<PodEndpointStatus> = (value) => {
  const object = decodeObject(value);
  return {
    name: field(object, 'name', decodeString),
    hostPort: optionalField(object, 'allocatedHostPort', decodePort),
    healthy: optionalField(object, 'healthy', decodeBoolean),
  };
};

const decodeContainerStatus: Decoder<PodContainerStatus> = (value) => {
  const object = decodeObject(value);
  const state = field(object, 'status', decodeString);
  return {
    taskId: optionalField(object, 'containerId', decodeId),
    name: field(object, 'name', decodeString),
    state,
    phase: taskPhase(state),
    endpoints: field(object, 'endpoints', decodeList(decodeEndpointStatus)),
  };
};

const decodeNetworkAddresses: Decoder<readonly string[]> = (value) =>
  field(decodeObject(value), 'addresses', decodeStrings);

const decodeInstance: Decoder<PodInstance> = (value) => {
  const object = decodeObject(value);
  return {
    id: field(object, 'id', decodeId),
    state: field(object, 'status', decodeString),
    host: optionalField(object, 'agentHostname', decodeId),
    addresses: field(object, 'networks', decodeList(decodeNetworkAddresses)).flat(),
    containers: field(object, 'containers', decodeList(decodeContainerStatus)),
  };
};

const decodeScaling: Decoder<number> = (value) => fieldOr(decodeObject(value), 'instances', decodeNumber, 1);

type PodSpec = Omit<MarathonPod, 'id' | 'instances'>;

const decodeSpec: Decoder<PodSpec> = (value) => {
  const object = decodeObject(value);
  const networks = field(object, 'networks', decodeList(decodeNetwork));
  return {
    labels: field(object, 'labels', decodeStringMap),
    wanted: fieldOr(object, 'scaling', decodeScaling, 1),
    networks: networks.length === 0 ? HOST_NETWORK : networks,
    containers: field(object, 'containers', decodeList(decodeContainer)),
    version: optionalField(object, 'version', decodeString),
  };
};

/**
 * An entry of `/v2/pods/::status`, or the answer of `/v2/pods/{id}::status` (Marathon ≥ 1.4).
 * Source: mesosphere/marathon `rest-api/public/api/v2/types/podStatus.raml`, `pod.raml`.
 * @throws DecodeError
 */
export const decodePod: Decoder<MarathonPod> = (value) => {
  const object = decodeObject(value);
  return {
    id: field(object, 'id', decodeId),
    ...field(object, 'spec', decodeSpec),
    instances: field(object, 'instances', decodeList(decodeInstance)),
  };
};

const decodeEachPod = decodeEach(decodePod);

/** The answer of `GET /v2/pods/::status`. @throws DecodeError when it is no list of things with ids */
export const decodePods: Decoder<ReadList<MarathonPod>> = (value) => decodeEachPod(value, 'pods');
