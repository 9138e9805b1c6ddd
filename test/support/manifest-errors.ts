import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { type JsonSchema, schemaErrors } from './json-schema.ts';

const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`schemas/${name}.json`, import.meta.url), 'utf8')) as { [key: string]: unknown };
const kubernetes = read('kubernetes') as { kinds: Record<string, JsonSchema> };

/** The documents in a YAML text. @throws Error when it is none */
export function documentsIn(text: string): readonly unknown[] {
  return parseAllDocuments(text).map((document) => {
    if (document.errors[0] !== undefined) throw document.errors[0];
    return document.toJS() as unknown;
  });
}

/** What is wrong with a file of which the schema is kept under `schemas/`. */
export function fileErrors(
  schema: 'chart' | 'compose-spec' | 'github-workflow' | 'kustomization' | 'prometheus-rules',
  text: string,
): readonly string[] {
  return documentsIn(text).flatMap((document) => schemaErrors(read(schema), document));
}

/** What is wrong with Kubernetes manifests: unknown fields and wrong values, and names that lead nowhere inside a pod. */
export function manifestErrors(text: string): readonly string[] {
  return documentsIn(text).flatMap((document) => {
    const { apiVersion, kind } = document as { apiVersion?: string; kind?: string };
    const schema = kubernetes.kinds[`${apiVersion}/${kind}`];
    if (schema === undefined) return [`there is no kind ${apiVersion}/${kind} here`];
    const errors = schemaErrors({ ...kubernetes, ...(schema as object) }, document);
    return errors.length === 0 && kind === 'Deployment' ? danglingNames(document as Deployment) : errors;
  });
}

interface Container {
  readonly name: string;
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[];
  readonly volumeMounts?: readonly { readonly name: string }[];
  readonly [probe: string]: unknown;
}

interface Deployment {
  readonly spec: {
    readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
    readonly template: {
      readonly metadata: { readonly labels: Readonly<Record<string, string>> };
      readonly spec: {
        readonly containers: readonly Container[];
        readonly initContainers?: readonly Container[];
        readonly volumes?: readonly { readonly name: string }[];
      };
    };
  };
}

/** Labels that are not selected, volumes that are not there, probes of ports that are not named. */
function danglingNames({ spec: { selector, template } }: Deployment): readonly string[] {
  const { containers, initContainers = [], volumes = [] } = template.spec;
  const all = [...initContainers, ...containers];
  const labels = Object.entries(selector.matchLabels)
    .filter(([name, value]) => template.metadata.labels[name] !== value)
    .map(([name]) => `the selector's label ${name} is not the pods'`);
  const mounts = all.flatMap(({ name, volumeMounts = [] }) =>
    volumeMounts
      .filter((mount) => !volumes.some((volume) => volume.name === mount.name))
      .map((mount) => `${name} mounts ${mount.name}, which is no volume`),
  );
  const probes = all.flatMap(({ name, ports = [], ...rest }) =>
    ['startupProbe', 'livenessProbe', 'readinessProbe'].flatMap((probe) => {
      const { port } = (rest[probe] as { httpGet?: { port: string | number } } | undefined)?.httpGet ?? {};
      const isThere = ports.some((each) => each.name === port || each.containerPort === port);
      return port === undefined || isThere ? [] : [`${name}'s ${probe} asks port ${port}, which it does not name`];
    }),
  );
  const twice = all.map(({ name }) => name).filter((name, index, names) => names.indexOf(name) !== index);
  return [...labels, ...mounts, ...probes, ...twice.map((name) => `there are two containers ${name}`)];
}
