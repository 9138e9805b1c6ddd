import {
  type Decoder,
  decodeBoolean,
  decodeList,
  decodeNumber,
  decodeObject,
  decodeString,
  expected,
  field,
  fieldOr,
  optionalField,
} from '../consul/decode/decoder.ts';
import { decodePortNumbers } from './decode-ports.ts';
import type { HealthCheckResult, MarathonTask, TaskAddress } from './marathon-task.ts';
import { taskPhase } from './task-phase.ts';

/** A string that is not empty: an id without letters names nothing. */
export const decodeId: Decoder<string> = (value) => {
  const id = decodeString(value);
  if (id === '') throw expected('an id', value);
  return id;
};

const decodeAddress: Decoder<TaskAddress | undefined> = (value) => {
  const object = decodeObject(value);
  const address = optionalField(object, 'ipAddress', decodeString);
  if (address === undefined || address === '') return undefined;
  return { address, protocol: fieldOr(object, 'protocol', decodeString, 'IPv4') };
};

const decodeAllAddresses = decodeList(decodeAddress);

/** `ipAddresses`, without those that are not known yet. */
export const decodeAddresses: Decoder<readonly TaskAddress[]> = (value) =>
  decodeAllAddresses(value).filter((each) => each !== undefined);

/** A check that has not run yet stands as `null` in Marathon before 1.5. */
const decodeHealthResult: Decoder<HealthCheckResult | undefined> = (value) => {
  if (value === null) return undefined;
  const object = decodeObject(value);
  return {
    alive: field(object, 'alive', decodeBoolean),
    consecutiveFailures: fieldOr(object, 'consecutiveFailures', decodeNumber, 0),
  };
};

const decodeHealthResults = decodeList(decodeHealthResult);

/**
 * A task of `/v2/tasks`, `/v2/apps/{id}/tasks` or an app's `tasks`; of Marathon 0.8–1.11.
 * Source: mesosphere/marathon `rest-api/public/api/v2/types/task.raml`.
 * @throws DecodeError
 */
export const decodeTask: Decoder<MarathonTask> = (value) => {
  const object = decodeObject(value);
  const startedAt = optionalField(object, 'startedAt', decodeString);
  const state = fieldOr(object, 'state', decodeString, startedAt === undefined ? 'TASK_STAGING' : 'TASK_RUNNING');
  const host = optionalField(object, 'host', decodeString);
  return {
    id: field(object, 'id', decodeId),
    appId: field(object, 'appId', decodeId),
    host: host === '' ? undefined : host,
    ports: field(object, 'ports', decodePortNumbers),
    servicePorts: field(object, 'servicePorts', decodePortNumbers),
    ipAddresses: field(object, 'ipAddresses', decodeAddresses),
    state,
    phase: taskPhase(state),
    startedAt,
    stagedAt: optionalField(object, 'stagedAt', decodeString),
    version: optionalField(object, 'version', decodeString),
    agentId: optionalField(object, 'slaveId', decodeString),
    healthCheckResults: field(object, 'healthCheckResults', decodeHealthResults).filter((each) => each !== undefined),
  };
};

/** The tasks of an answer `{"tasks": [...]}`. */
export const decodeTasks: Decoder<readonly MarathonTask[]> = (value) =>
  field(decodeObject(value), 'tasks', decodeList(decodeTask));
