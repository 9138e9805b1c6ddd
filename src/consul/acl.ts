import type { Call } from './call.ts';
import {
  type Decoder,
  decodeBoolean,
  decodeList,
  decodeObject,
  decodeString,
  field,
  fieldOr,
} from './decode/decoder.ts';
import { parseJson } from './decode/parse-json.ts';
import type { Exchange } from './exchange.ts';
import type { CallOptions } from './read-options.ts';

/** A right that a token may have: `{ resource: 'service', access: 'write', segment: 'web' }`. */
export interface AclRule {
  readonly resource: 'agent' | 'key' | 'node' | 'query' | 'service' | 'session';
  readonly access: 'read' | 'write';
  /** The name it is about; empty: all of them, as a rule with an empty prefix gives. */
  readonly segment: string;
}

/** Whether a token has a right. */
export interface AclAnswer extends AclRule {
  readonly isAllowed: boolean;
}

const RESOURCES: readonly AclRule['resource'][] = ['agent', 'key', 'node', 'query', 'service', 'session'];
/** ACLs are switched off (401), or the agent is older than the endpoint, or the embedded registry (404). */
const NO_ACLS: readonly number[] = [401, 404];

/** Access control. */
export class AclApi {
  readonly #exchange: Exchange;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  /**
   * Asks which of the rights the token has; changes nothing. Undefined where there are no ACLs, or where the agent cannot
   * say. At most 64 at once. `POST /v1/internal/acl/authorize`, which Consul's own UI uses; it needs no rule itself.
   * @throws ConsulError `PermissionDenied` when the token is unknown
   */
  authorize(rules: readonly AclRule[], options: CallOptions = {}): Promise<readonly AclAnswer[] | undefined> {
    const body = rules.map(({ resource, access, segment }) => ({
      Resource: resource,
      Access: access,
      Segment: segment,
    }));
    const call: Call<readonly AclAnswer[] | undefined> = {
      method: 'POST',
      path: 'internal/acl/authorize',
      body,
      needs: 'a token that Consul knows',
      answers: NO_ACLS,
      decode: (reply) => (NO_ACLS.includes(reply.status) ? undefined : decodeAnswers(parseJson(reply.body))),
    };
    return this.#exchange.write(call, options);
  }
}

const decodeAnswer: Decoder<AclAnswer> = (value) => {
  const object = decodeObject(value);
  const resource = field(object, 'Resource', decodeString);
  return {
    resource: RESOURCES.find((known) => known === resource) ?? 'service',
    access: field(object, 'Access', decodeString) === 'write' ? 'write' : 'read',
    segment: fieldOr(object, 'Segment', decodeString, ''),
    isAllowed: fieldOr(object, 'Allow', decodeBoolean, false),
  };
};

const decodeAnswers: Decoder<readonly AclAnswer[]> = decodeList(decodeAnswer);
