import {
  type Decoder,
  decodeBoolean,
  decodeList,
  decodeNumber,
  decodeObject,
  decodeString,
  decodeStringMap,
  field,
  fieldOr,
  optionalField,
} from '../consul/decode/decoder.ts';
import { decodeHealthCheck } from './decode-health-check.ts';
import { decodeAddressing } from './decode-ports.ts';
import { decodeId, decodeTask } from './decode-task.ts';
import type { MarathonApp, ReadinessCheck, ReadinessResult } from './marathon-app.ts';
import { decodeEach, type ReadList } from './unreadable.ts';

const decodeReadinessCheck: Decoder<ReadinessCheck> = (value) => {
  const object = decodeObject(value);
  return {
    name: fieldOr(object, 'name', decodeString, 'readinessCheck'),
    protocol: fieldOr(object, 'protocol', decodeString, 'HTTP') === 'HTTPS' ? 'https' : 'http',
    path: fieldOr(object, 'path', decodeString, '/'),
    portName: fieldOr(object, 'portName', decodeString, 'http-api'),
    intervalMs: fieldOr(object, 'intervalSeconds', decodeNumber, 30) * 1_000,
    timeoutMs: fieldOr(object, 'timeoutSeconds', decodeNumber, 10) * 1_000,
  };
};

const decodeReadinessResult: Decoder<ReadinessResult> = (value) => {
  const object = decodeObject(value);
  return {
    name: field(object, 'name', decodeString),
    taskId: field(object, 'taskId', decodeString),
    ready: field(object, 'ready', decodeBoolean),
  };
};

/**
 * An app of `/v2/apps`, of Marathon 0.8–1.11.
 * Source: mesosphere/marathon `rest-api/public/api/v2/types/app.raml`, and `examples/app.json` of 0.15, 1.1 and 1.4.
 * @throws DecodeError
 */
export const decodeApp: Decoder<MarathonApp> = (value) => {
  const object = decodeObject(value);
  return {
    id: field(object, 'id', decodeId),
    labels: field(object, 'labels', decodeStringMap),
    instances: fieldOr(object, 'instances', decodeNumber, 1),
    ...decodeAddressing(object),
    healthChecks: field(object, 'healthChecks', decodeList(decodeHealthCheck)),
    readinessChecks: field(object, 'readinessChecks', decodeList(decodeReadinessCheck)),
    readinessResults: field(object, 'readinessCheckResults', decodeList(decodeReadinessResult)),
    version: optionalField(object, 'version', decodeString),
    tasks: optionalField(object, 'tasks', decodeList(decodeTask)),
  };
};

const decodeEachApp = decodeEach(decodeApp);

/** The answer of `GET /v2/apps`. @throws DecodeError when it is no list of things with ids */
export const decodeApps: Decoder<ReadList<MarathonApp>> = (value) =>
  field(decodeObject(value), 'apps', (apps) => decodeEachApp(apps, 'apps'));

/** The answer of `GET /v2/apps/{id}`. @throws DecodeError */
export const decodeSingleApp: Decoder<MarathonApp> = (value) => field(decodeObject(value), 'app', decodeApp);
