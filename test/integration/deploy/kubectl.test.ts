import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { exampleWithSidecar } from '../../support/kustomize-patch.ts';
import { documentsIn, manifestErrors } from '../../support/manifest-errors.ts';

const isHere = spawnSync('kubectl', ['version', '--client']).status === 0;

/** The same whatever the order of lists and fields. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value))
    return value.map(sorted).toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted()
      .map(([name, each]) => [name, sorted(each)]),
  );
}

describe.skipIf(!isHere && process.env['CI'] !== 'true')('kubectl kustomize deploy/kubernetes/example', () => {
  const { stdout, stderr, status } = spawnSync('kubectl', ['kustomize', 'deploy/kubernetes/example'], {
    encoding: 'utf8',
  });

  it('builds manifests that Kubernetes takes, every field known', () => {
    expect(status, stderr).toBe(0);
    expect(manifestErrors(stdout)).toEqual([]);
  });

  it('adds the sidecar, with the configuration that it makes', () => {
    const [map, deployment] = documentsIn(stdout) as [{ metadata: { name: string } }, object];
    const ours = JSON.stringify(exampleWithSidecar()).replace(
      '"configMap":{"name":"pilotfish"',
      `"configMap":{"name":"${map.metadata.name}"`,
    );
    expect(sorted(deployment)).toEqual(sorted(JSON.parse(ours)));
  });
});
