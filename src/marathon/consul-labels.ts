import { isOwnTag } from './own-tags.ts';

/** Labels of an app, or of one of its ports, that say how it is registered. */
export interface RegistrationLabels {
  /** `consul-name`: instead of the name made of the app's id. */
  readonly name: string | undefined;
  /** `consul-tags`: comma separated, after the bridge's own. */
  readonly tags: readonly string[];
  /** `consul-port`: the index of the port, instead of the lowest one. Of apps. */
  readonly portIndex: number | undefined;
  /** `consul-ports`: `named` (those with a name) or `all`, as services of their own beside the app's. Of apps. */
  readonly ports: 'named' | 'all' | undefined;
  readonly warnings: readonly string[];
}

/** Reads the labels; what cannot be read is left out, with a warning. */
export function registrationLabels(labels: ReadonlyMap<string, string>): RegistrationLabels {
  const warnings: string[] = [];
  const tags: string[] = [];
  for (const each of labels.get('consul-tags')?.split(',') ?? []) {
    const tag = each.trim();
    if (isOwnTag(tag)) warnings.push(`label consul-tags: tag "${tag}" is left out: only the bridge itself may set it`);
    else if (tag !== '' && !tags.includes(tag)) tags.push(tag);
  }
  const ports = labels.get('consul-ports');
  if (ports !== undefined && ports !== 'named' && ports !== 'all') {
    warnings.push(`label consul-ports: "${ports}" is neither "named" nor "all", and is left out`);
  }
  const index = labels.get('consul-port');
  const isIndex = index !== undefined && /^\d{1,4}$/.test(index);
  if (index !== undefined && !isIndex) {
    warnings.push(`label consul-port: "${index}" is not the index of a port, and is left out`);
  }
  const name = labels.get('consul-name')?.trim();
  return {
    name: name === '' ? undefined : name,
    tags,
    portIndex: isIndex ? Number(index) : undefined,
    ports: ports === 'named' || ports === 'all' ? ports : undefined,
    warnings,
  };
}
