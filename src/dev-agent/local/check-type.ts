import { durationMs, type Fields, flag, integer, list, mapOf, struct, text } from '../wire/decode.ts';
import type { JsonValue } from '../wire/json-value.ts';

/** A check as a client describes it, inside a service or alone. Durations are in milliseconds. */
export interface CheckFields {
  readonly CheckID: string;
  readonly Name: string;
  readonly Status: string;
  readonly Notes: string;
  readonly ScriptArgs: readonly string[];
  readonly HTTP: string;
  readonly Header: ReadonlyMap<string, readonly string[]> | undefined;
  readonly Method: string;
  readonly Body: string;
  readonly TCP: string;
  readonly Interval: number;
  readonly AliasNode: string;
  readonly AliasService: string;
  readonly DockerContainerID: string;
  readonly Shell: string;
  readonly GRPC: string;
  readonly GRPCUseTLS: boolean;
  readonly TLSSkipVerify: boolean;
  readonly Timeout: number;
  readonly TTL: number;
  readonly SuccessBeforePassing: number;
  readonly FailuresBeforeCritical: number;
  readonly ProxyHTTP: string;
  readonly ProxyGRPC: string;
  readonly DeregisterCriticalServiceAfter: number;
  readonly OutputMaxSize: number;
}

/** A check alone also says what it is called and whose it is. */
export interface LoneCheckFields extends CheckFields {
  readonly ID: string;
  readonly ServiceID: string;
  readonly Token: string;
}

const checkFields: Fields<CheckFields> = {
  CheckID: text,
  Name: text,
  Status: text,
  Notes: text,
  ScriptArgs: list(text),
  HTTP: text,
  Header: mapOf(list(text), 'map[string][]string'),
  Method: text,
  Body: text,
  TCP: text,
  Interval: durationMs,
  AliasNode: text,
  AliasService: text,
  DockerContainerID: text,
  Shell: text,
  GRPC: text,
  GRPCUseTLS: flag,
  TLSSkipVerify: flag,
  Timeout: durationMs,
  TTL: durationMs,
  SuccessBeforePassing: integer,
  FailuresBeforeCritical: integer,
  ProxyHTTP: text,
  ProxyGRPC: text,
  DeregisterCriticalServiceAfter: durationMs,
  OutputMaxSize: integer,
};

const checkAliases: ReadonlyMap<string, string> = new Map([
  ['args', 'scriptargs'],
  ['script_args', 'scriptargs'],
  ['deregister_critical_service_after', 'deregistercriticalserviceafter'],
  ['docker_container_id', 'dockercontainerid'],
  ['tls_skip_verify', 'tlsskipverify'],
  ['service_id', 'serviceid'],
]);

const readCheck = struct<CheckFields>(checkFields, { type: 'structs.CheckType', aliases: checkAliases });
const readLoneCheck = struct<LoneCheckFields>(
  { ...checkFields, ID: text, ServiceID: text, Token: text },
  { type: 'structs.CheckDefinition', aliases: checkAliases },
);

const ABSENT: CheckFields = {
  CheckID: '',
  Name: '',
  Status: '',
  Notes: '',
  ScriptArgs: [],
  HTTP: '',
  Header: undefined,
  Method: '',
  Body: '',
  TCP: '',
  Interval: 0,
  AliasNode: '',
  AliasService: '',
  DockerContainerID: '',
  Shell: '',
  GRPC: '',
  GRPCUseTLS: false,
  TLSSkipVerify: false,
  Timeout: 0,
  TTL: 0,
  SuccessBeforePassing: 0,
  FailuresBeforeCritical: 0,
  ProxyHTTP: '',
  ProxyGRPC: '',
  DeregisterCriticalServiceAfter: 0,
  OutputMaxSize: 0,
};

/** Reads a check inside a service. @throws DecodeError */
export function decodeCheck(value: JsonValue, field: string): CheckFields {
  return { ...ABSENT, ...readCheck(value, field) };
}

/** Reads the body of `/v1/agent/check/register`. @throws DecodeError */
export function decodeLoneCheck(value: JsonValue): LoneCheckFields {
  return { ...ABSENT, ID: '', ServiceID: '', Token: '', ...readLoneCheck(value, '') };
}

/** What a check does, as `Type` tells it. */
export function checkKind(check: CheckFields): string {
  if (check.ScriptArgs.length > 0) return check.DockerContainerID === '' ? 'script' : 'docker';
  if (check.HTTP !== '') return 'http';
  if (check.GRPC !== '') return 'grpc';
  if (check.TCP !== '') return 'tcp';
  if (check.AliasNode !== '' || check.AliasService !== '') return 'alias';
  return check.TTL > 0 ? 'ttl' : '';
}

/** Whether nothing about the check says what it does. */
export function isEmptyCheck(check: CheckFields): boolean {
  return Object.entries(check).every(
    ([name, value]) => Object.is(ABSENT[name as keyof CheckFields], value) || isNothing(value),
  );
}

function isNothing(value: unknown): boolean {
  return value === '' || value === 0 || value === false || (Array.isArray(value) && value.length === 0);
}

/** The rule that a check breaks, in Consul's words (docs/consul-client.md 23); undefined if it is fine. */
export function checkFault(check: CheckFields): string | undefined {
  const isAlias = check.AliasNode !== '' || check.AliasService !== '';
  const needsInterval = check.ScriptArgs.length > 0 || check.HTTP !== '' || check.TCP !== '' || check.GRPC !== '';
  if (check.Interval > 0 && check.TTL > 0) return 'Interval and TTL cannot both be specified';
  if (needsInterval && check.Interval <= 0) return 'Interval must be > 0 for Script, HTTP, or TCP checks';
  if (isAlias && check.Interval > 0) return 'Interval cannot be set for Alias checks';
  if (isAlias && check.TTL > 0) return 'TTL must be not be set for Alias checks';
  if (!needsInterval && !isAlias && check.TTL <= 0) return 'TTL must be > 0 for TTL checks';
  if (check.OutputMaxSize < 0) return 'MaxOutputMaxSize must be positive';
  return undefined;
}

/** Whether `status` is one that a client may set. */
export function isStatus(status: string): status is 'passing' | 'warning' | 'critical' {
  return status === 'passing' || status === 'warning' || status === 'critical';
}
