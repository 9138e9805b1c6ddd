import {
  type Decoder,
  decodeObject,
  decodeString,
  decodeStrings,
  field,
  optionalField,
} from '../consul/decode/decoder.ts';

/** What a Marathon says of itself. `GET /v2/info`. */
export interface MarathonInfo {
  /** Such as `1.8.222`, or `1.5.0-SNAPSHOT`. */
  readonly version: string;
  readonly frameworkId: string | undefined;
  /** `host:port` of the one that leads; undefined: nobody. */
  readonly leader: string | undefined;
}

/** Source: mesosphere/marathon `types/info.raml`. @throws DecodeError */
export const decodeInfo: Decoder<MarathonInfo> = (value) => {
  const object = decodeObject(value);
  return {
    version: field(object, 'version', decodeString),
    frameworkId: optionalField(object, 'frameworkId', decodeString),
    leader: optionalField(object, 'leader', decodeString),
  };
};

/** `GET /v2/leader`: `{"leader": "host:8080"}`. @throws DecodeError */
export const decodeLeader: Decoder<string> = (value) => field(decodeObject(value), 'leader', decodeString);

/** `GET /v2/eventSubscriptions`: `{"callbackUrls": […]}`. @throws DecodeError */
export const decodeCallbackUrls: Decoder<readonly string[]> = (value) =>
  field(decodeObject(value), 'callbackUrls', decodeStrings);
