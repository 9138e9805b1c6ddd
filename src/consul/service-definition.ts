import type { CheckStatus, ServiceWeights, TaggedAddress } from './decode/health.ts';
import { goDuration } from './duration.ts';
import { entriesOf, type StringMap } from './read-options.ts';

/** How a check finds out. The agent runs all but `ttl`, for which the service reports by itself. */
export type CheckProbe =
  | ({
      readonly kind: 'http';
      readonly url: string;
      readonly method?: string | undefined;
      readonly headers?: ReadonlyMap<string, readonly string[]> | undefined;
      readonly body?: string | undefined;
      readonly tlsSkipVerify?: boolean | undefined;
      readonly tlsServerName?: string | undefined;
    } & Interval)
  | ({ readonly kind: 'tcp'; readonly address: string } & Interval)
  | ({ readonly kind: 'udp'; readonly address: string } & Interval)
  | ({
      readonly kind: 'grpc';
      /** `host:port` or `host:port/service`. */
      readonly address: string;
      readonly useTls?: boolean | undefined;
      readonly tlsSkipVerify?: boolean | undefined;
    } & Interval)
  | ({ readonly kind: 'h2ping'; readonly address: string; readonly useTls?: boolean | undefined } & Interval)
  | ({ readonly kind: 'script'; readonly args: readonly string[] } & Interval)
  | ({
      readonly kind: 'docker';
      readonly container: string;
      readonly shell?: string | undefined;
      readonly args: readonly string[];
    } & Interval)
  | { readonly kind: 'ttl'; readonly ttlMs: number }
  | { readonly kind: 'alias'; readonly service?: string | undefined; readonly node?: string | undefined };

/** How often the agent looks, and how long it waits. */
export interface Interval {
  /** Consul's floor is 1 s. */
  readonly intervalMs: number;
  /** Consul's default is 10 s. */
  readonly timeoutMs?: number | undefined;
}

/** A check to register. */
export interface CheckDefinition {
  readonly probe: CheckProbe;
  /**
   * Unique on the whole node: a second check with the id takes the first one over, with its status. Consul's default is
   * `service:<service id>`, and with several `service:<service id>:<n>`.
   */
  readonly id?: string | undefined;
  readonly name?: string | undefined;
  readonly notes?: string | undefined;
  /** Until the first result; Consul's default is critical. */
  readonly status?: CheckStatus | undefined;
  readonly successBeforePassing?: number | undefined;
  readonly failuresBeforeCritical?: number | undefined;
  /** The service is deregistered once it was critical for this long; Consul's floor is 1 min, looked at every 30 s. */
  readonly deregisterCriticalServiceAfterMs?: number | undefined;
}

/** A service to register with the agent. Only what is set is sent: older agents refuse fields they do not know. */
export interface ServiceDefinition {
  readonly name: string;
  /** Unique on the agent; Consul's default is the name. */
  readonly id?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  /** Undefined: the node's. */
  readonly address?: string | undefined;
  readonly port?: number | undefined;
  readonly meta?: StringMap | undefined;
  readonly taggedAddresses?: ReadonlyMap<string, TaggedAddress> | undefined;
  readonly weights?: ServiceWeights | undefined;
  readonly checks?: readonly CheckDefinition[] | undefined;
  readonly enableTagOverride?: boolean | undefined;
  /** ACL token that the agent is to use for this service from now on. */
  readonly token?: string | undefined;
  /** Fields of Consul's that are not named here (`Kind`, `Proxy`, `Connect`, `Locality` …), as Consul writes them. */
  readonly extra?: Readonly<Record<string, unknown>> | undefined;
}

/** The body of `PUT /v1/agent/service/register`. */
export function serviceBody(service: ServiceDefinition): Record<string, unknown> {
  const { weights, taggedAddresses, meta } = service;
  return {
    ID: service.id,
    Name: service.name,
    Tags: service.tags,
    Address: service.address,
    Port: service.port,
    Meta: meta === undefined ? undefined : Object.fromEntries(entriesOf(meta)),
    TaggedAddresses:
      taggedAddresses === undefined
        ? undefined
        : Object.fromEntries([...taggedAddresses].map(([name, at]) => [name, { Address: at.address, Port: at.port }])),
    Weights: weights === undefined ? undefined : { Passing: weights.passing, Warning: weights.warning },
    EnableTagOverride: service.enableTagOverride,
    Token: service.token,
    Checks: service.checks?.map((check) => ({ CheckID: check.id, ...checkBody(check) })),
    ...service.extra,
  };
}

/** A check's fields but for its id, which is called `CheckID` inside a service and `ID` on its own. */
export function checkBody(check: CheckDefinition): Record<string, unknown> {
  const { deregisterCriticalServiceAfterMs: reapAfterMs } = check;
  return {
    Name: check.name,
    Notes: check.notes,
    Status: check.status,
    SuccessBeforePassing: check.successBeforePassing,
    FailuresBeforeCritical: check.failuresBeforeCritical,
    DeregisterCriticalServiceAfter: reapAfterMs === undefined ? undefined : goDuration(reapAfterMs),
    ...probeBody(check.probe),
  };
}

function probeBody(probe: CheckProbe): Record<string, unknown> {
  if (probe.kind === 'ttl') return { TTL: goDuration(probe.ttlMs) };
  if (probe.kind === 'alias') return { AliasService: probe.service, AliasNode: probe.node };
  const timing = {
    Interval: goDuration(probe.intervalMs),
    Timeout: probe.timeoutMs === undefined ? undefined : goDuration(probe.timeoutMs),
  };
  switch (probe.kind) {
    case 'http':
      return {
        ...timing,
        HTTP: probe.url,
        Method: probe.method,
        Header: probe.headers === undefined ? undefined : Object.fromEntries(probe.headers),
        Body: probe.body,
        TLSSkipVerify: probe.tlsSkipVerify,
        TLSServerName: probe.tlsServerName,
      };
    case 'tcp':
      return { ...timing, TCP: probe.address };
    case 'udp':
      return { ...timing, UDP: probe.address };
    case 'grpc':
      return { ...timing, GRPC: probe.address, GRPCUseTLS: probe.useTls, TLSSkipVerify: probe.tlsSkipVerify };
    case 'h2ping':
      return { ...timing, H2PING: probe.address, H2PingUseTLS: probe.useTls };
    case 'script':
      return { ...timing, Args: probe.args };
    case 'docker':
      return { ...timing, DockerContainerID: probe.container, Shell: probe.shell, Args: probe.args };
  }
}
