import type { ServiceDefinition, TaggedAddress, Weights } from '../store/catalog-records.ts';
import { anything, flag, integer, list, mapOf, struct, text } from '../wire/decode.ts';
import { isJsonMap, type JsonValue, toPlain } from '../wire/json-value.ts';
import { badRequest } from '../wire/refusal.ts';
import { type CheckFields, checkFault, decodeCheck, isEmptyCheck, isStatus } from './check-type.ts';
import { isIPv4, isIPv6 } from './ip-family.ts';
import { metaFault } from './meta-fault.ts';

/** A registration as the agent keeps it: the definition, and the checks in the order given. */
export interface ServiceRegistration {
  readonly service: ServiceDefinition;
  readonly checks: readonly CheckFields[];
}

interface Fields {
  readonly Kind: string;
  readonly ID: string;
  readonly Name: string;
  readonly Tags: readonly string[];
  readonly Address: string;
  readonly TaggedAddresses: ReadonlyMap<string, TaggedAddress> | undefined;
  readonly Meta: ReadonlyMap<string, string> | undefined;
  readonly Port: number;
  readonly Check: CheckFields;
  readonly Checks: readonly CheckFields[];
  readonly Weights: Weights | undefined;
  readonly Token: string;
  readonly EnableTagOverride: boolean;
  readonly Proxy: JsonValue;
  readonly Connect: JsonValue;
}

const readAddress = struct<TaggedAddress>({ Address: text, Port: integer }, { type: 'structs.ServiceAddress' });
const readWeights = struct<Weights>({ Passing: integer, Warning: integer }, { type: 'structs.Weights' });

/** Reads a service address with a role. @throws DecodeError */
export function decodeTaggedAddress(value: JsonValue, field: string): TaggedAddress {
  return { Address: '', Port: 0, ...readAddress(value, field) };
}

/** Reads weights; null is the default. @throws DecodeError */
export function decodeWeights(value: JsonValue, field: string): Weights | undefined {
  return value === null ? undefined : { Passing: 0, Warning: 0, ...readWeights(value, field) };
}

const readService = struct<Fields>(
  {
    Kind: text,
    ID: text,
    Name: text,
    Tags: list(text),
    Address: text,
    TaggedAddresses: mapOf(decodeTaggedAddress, 'map[string]structs.ServiceAddress'),
    Meta: mapOf(text),
    Port: integer,
    Check: decodeCheck,
    Checks: list(decodeCheck, 'structs.CheckTypes'),
    Weights: decodeWeights,
    Token: text,
    EnableTagOverride: flag,
    Proxy: anything,
    Connect: anything,
  },
  {
    type: 'structs.ServiceDefinition',
    aliases: new Map([
      ['enable_tag_override', 'enabletagoverride'],
      ['tagged_addresses', 'taggedaddresses'],
    ]),
  },
);

/**
 * Reads and checks the body of `/v1/agent/service/register` (docs/consul-client.md 20–23).
 * @throws DecodeError for what does not parse, Refusal for what breaks a rule, both in Consul's words
 */
export function readRegistration(value: JsonValue): () => ServiceRegistration {
  const fields = readService(value, '');
  return () => {
    if (!fields.Name) throw badRequest('Missing service name');
    if (isUnspecified(fields.Address ?? '')) throw badRequest('Invalid service address');
    const meta = metaFault(fields.Meta ?? new Map());
    if (meta !== undefined) throw badRequest(`Invalid Service Meta: ${meta}`);
    const weights = weightsFault(fields.Weights);
    if (weights !== undefined) throw badRequest(`Invalid Weights: ${weights}`);
    const checks = [
      ...(fields.Check === undefined || isEmptyCheck(fields.Check) ? [] : [fields.Check]),
      ...(fields.Checks ?? []),
    ];
    for (const check of checks) requireSoundCheck(check);
    return { service: definitionOf(fields, fields.Name), checks };
  };
}

function requireSoundCheck(check: CheckFields): void {
  const fault = checkFault(check);
  if (fault !== undefined) throw badRequest(`Invalid check: ${fault}`);
  if (check.Status !== '' && !isStatus(check.Status)) {
    throw badRequest("Status for checks must 'passing', 'warning', 'critical'");
  }
}

function definitionOf(fields: Partial<Fields>, name: string): ServiceDefinition {
  const address = fields.Address ?? '';
  const port = fields.Port ?? 0;
  return {
    Kind: fields.Kind ?? '',
    ID: fields.ID || name,
    Service: name,
    Tags: fields.Tags ?? [],
    Address: address,
    TaggedAddresses: withFamilies(fields.TaggedAddresses, address, port),
    Meta: fields.Meta,
    Port: port,
    Weights: fields.Weights ?? { Passing: 1, Warning: 1 },
    EnableTagOverride: fields.EnableTagOverride ?? false,
    Proxy: plainObject(fields.Proxy),
    Connect: plainObject(fields.Connect),
  };
}

/** A part of a registration that is kept as plain JSON, its top keys as Go names them; undefined if empty. */
export function plainObject(value: JsonValue | undefined): object | undefined {
  if (value === undefined || !isJsonMap(value) || value.size === 0) return undefined;
  const named = new Map([...value].map(([key, item]) => [goName(key), item]));
  return toPlain(named) as object;
}

/** Keys of the mesh parts come in any case; they are given back as Go names them. */
function goName(key: string): string {
  return key.charAt(0).toUpperCase() + key.slice(1);
}

/** Consul adds an IP address under the roles of its family, unless they are given. */
function withFamilies(
  given: ReadonlyMap<string, TaggedAddress> | undefined,
  address: string,
  port: number,
): ReadonlyMap<string, TaggedAddress> | undefined {
  const family = isIPv4(address) ? 'ipv4' : isIPv6(address) ? 'ipv6' : undefined;
  if (family === undefined) return given;
  const own = { Address: address, Port: port };
  return new Map([[`lan_${family}`, own], [`wan_${family}`, own], ...(given ?? [])]);
}

function isUnspecified(address: string): boolean {
  return address === '0.0.0.0' || (isIPv6(address) && /^[0:]+$/.test(address));
}

function weightsFault(weights: Weights | undefined): string | undefined {
  if (weights === undefined) return undefined;
  if (weights.Passing < 1) return 'Passing must be greater than 0';
  if (weights.Warning < 0) return 'Warning must be greater or equal than 0';
  if (weights.Passing > 65_535 || weights.Warning > 65_535) return 'DNS Weight must be between 0 and 65535';
  return undefined;
}
