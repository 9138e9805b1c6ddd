import { readFileSync } from 'node:fs';
import { documentsIn } from './manifest-errors.ts';

type Fields = Readonly<Record<string, unknown>>;

/** What kustomize makes of `deploy/kubernetes/example`: its Deployment with the sidecar of `base`. */
export function exampleWithSidecar(): Fields {
  const [app = {}, patch = {}] = ['example/deployment', 'base/sidecar'].map((file) => {
    const [document] = documentsIn(readFileSync(`deploy/kubernetes/${file}.yaml`, 'utf8'));
    return document as Fields;
  });
  return patched(app, { ...patch, metadata: {} });
}

/**
 * A manifest with a strategic merge patch, as kustomize does it: maps are merged, lists of named things by their names, and
 * anything else is replaced. `test/integration/deploy/kubectl.test.ts` compares it with kubectl.
 */
function patched(manifest: Fields, patch: Fields): Fields {
  const all = Object.entries(patch).map(([name, value]) => {
    const before = manifest[name];
    if (isNamedList(before) && isNamedList(value)) {
      const others = before.filter((one) => !value.some((other) => other.name === one.name));
      return [name, [...value, ...others]] as const;
    }
    return [name, isFields(before) && isFields(value) ? patched(before, value) : value] as const;
  });
  return { ...manifest, ...Object.fromEntries(all) };
}

function isNamedList(value: unknown): value is readonly { readonly name: string }[] {
  return Array.isArray(value) && value.every((item) => isFields(item) && typeof item['name'] === 'string');
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
