import type { ServiceInfo } from '../consul/decode/health.ts';
import type { AgentPlace } from './bridge-action.ts';
import type { FoundLabel } from './labels.ts';
import { ownAppId } from './own-tags.ts';

/** A service in Consul that is the bridge's own. */
export interface FoundService {
  readonly id: string;
  readonly name: string;
  readonly tags: readonly string[];
  readonly address: string;
  /** Undefined: none was registered. */
  readonly port: number | undefined;
  /** Ids of its checks. */
  readonly checkIds: ReadonlySet<string>;
  readonly appId: string;
  readonly agent: AgentPlace;
}

/** What is in Consul of the bridge's own, as far as it was read. */
export interface ActualState {
  readonly services: readonly FoundService[];
  /** Labels of every owner, by the app's name; undefined: they could not be read, and stay as they are. */
  readonly labelsByName: ReadonlyMap<string, readonly FoundLabel[]> | undefined;
}

/** The service, if this registration id registered it. */
export function foundService(
  service: ServiceInfo,
  checkIds: Iterable<string>,
  { agent, registrationId }: { readonly agent: AgentPlace; readonly registrationId: string },
): FoundService | undefined {
  const appId = ownAppId(service.tags, registrationId);
  if (appId === undefined) return undefined;
  const { id, name, tags, address, port } = service;
  return {
    id,
    name,
    tags,
    address,
    port: port === 0 ? undefined : port,
    checkIds: new Set(checkIds),
    appId,
    agent,
  };
}
