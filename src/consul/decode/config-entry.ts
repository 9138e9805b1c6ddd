import {
  type Decoder,
  decodeList,
  decodeNumber,
  decodeObject,
  decodeString,
  field,
  fieldOr,
  type JsonObject,
} from './decoder.ts';

/** A config entry, such as a `service-resolver`. */
export interface ConfigEntry {
  readonly kind: string;
  readonly name: string;
  /** For check-and-set. */
  readonly modifyIndex: number;
  /** All of it, as Consul gives it. */
  readonly raw: JsonObject;
}

/** `/v1/config/:kind/:name`. */
export const decodeConfigEntry: Decoder<ConfigEntry> = (value) => {
  const raw = decodeObject(value);
  return {
    kind: field(raw, 'Kind', decodeString),
    name: fieldOr(raw, 'Name', decodeString, ''),
    modifyIndex: fieldOr(raw, 'ModifyIndex', decodeNumber, 0),
    raw,
  };
};

/** `/v1/config/:kind`. */
export const decodeConfigEntries: Decoder<readonly ConfigEntry[]> = decodeList(decodeConfigEntry);
