import { type Decoder, decodeList, decodeNumber, decodeObject, decodeString, field, fieldOr } from './decoder.ts';

/** A user event. */
export interface UserEvent {
  readonly id: string;
  readonly name: string;
  readonly payload: Buffer;
  /** Regular expressions of node, service and tag; empty for all. */
  readonly nodeFilter: string;
  readonly serviceFilter: string;
  readonly tagFilter: string;
  /** Lamport time; orders events as far as gossip can. */
  readonly lamportTime: number;
}

/** `PUT /v1/event/fire/:name`. */
export const decodeEvent: Decoder<UserEvent> = (value) => {
  const object = decodeObject(value);
  return {
    id: field(object, 'ID', decodeString),
    name: field(object, 'Name', decodeString),
    payload: Buffer.from(fieldOr(object, 'Payload', decodeString, ''), 'base64'),
    nodeFilter: fieldOr(object, 'NodeFilter', decodeString, ''),
    serviceFilter: fieldOr(object, 'ServiceFilter', decodeString, ''),
    tagFilter: fieldOr(object, 'TagFilter', decodeString, ''),
    lamportTime: fieldOr(object, 'LTime', decodeNumber, 0),
  };
};

/** `GET /v1/event/list`. */
export const decodeEvents: Decoder<readonly UserEvent[]> = decodeList(decodeEvent);
