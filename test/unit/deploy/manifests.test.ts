import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import { stringify } from 'yaml';
import { environmentLayer } from '../../../src/app/config-environment.ts';
import { parseConfigText } from '../../../src/app/config-file.ts';
import { loadConfig } from '../../../src/app/load-config.ts';
import { renderChart } from '../../support/helm-render.ts';
import { exampleWithSidecar } from '../../support/kustomize-patch.ts';
import { documentsIn, fileErrors, manifestErrors } from '../../support/manifest-errors.ts';

const text = (file: string) => readFileSync(file, 'utf8');
interface ChartValues {
  readonly name?: string;
  readonly port?: number;
  readonly pilotfish?: {
    readonly config?: { readonly upstreams: object };
    readonly drainWaitSeconds?: number;
    readonly drainGraceSeconds?: number;
  };
}

const CHART = 'deploy/helm/pilotfish-app';

describe('the files that deploy it', () => {
  it('the example app with the sidecar is as Kubernetes wants it, every field known', () => {
    expect(manifestErrors(stringify(exampleWithSidecar()))).toEqual([]);
  });

  it('the sidecar outlives the app, and drains before anybody gets SIGTERM', () => {
    expect(exampleWithSidecar()).toMatchObject({
      spec: {
        template: {
          spec: {
            terminationGracePeriodSeconds: 60,
            initContainers: [
              {
                restartPolicy: 'Always',
                startupProbe: { httpGet: { path: '/readyz' } },
                lifecycle: { preStop: { exec: { command: expect.arrayContaining(['drain', '--wait']) } } },
                securityContext: { readOnlyRootFilesystem: true, allowPrivilegeEscalation: false, runAsNonRoot: true },
              },
            ],
          },
        },
      },
    });
  });

  it.each(globSync('deploy/kubernetes/*/kustomization.yaml'))('%s is as kustomize wants it', (file) => {
    expect(fileErrors('kustomization', text(file))).toEqual([]);
  });

  it.each<[string, ChartValues]>([
    ['its own values', {}],
    ['more configuration', { pilotfish: { config: { upstreams: { payments: { policy: 'p2c' } } } } }],
    ['other names and times', { name: 'web', port: 9000, pilotfish: { drainWaitSeconds: 5, drainGraceSeconds: 15 } }],
  ])('the Helm chart renders, with %s, what Kubernetes takes and what the sidecar takes', (_name, values) => {
    const rendered = renderChart(CHART, { ...values });
    expect(rendered.size).toBeGreaterThan(1);
    for (const [file, manifest] of rendered) expect(manifestErrors(manifest), file).toEqual([]);
    const [map] = documentsIn(rendered.get(`${CHART}/templates/configmap.yaml`) ?? '') as {
      data: Record<string, string>;
    }[];
    const file = parseConfigText(map?.data['pilotfish.yaml'] ?? '', 'configmap.yaml');
    const environment = environmentLayer({ SERVICE_NAME: 'orders', SERVICE_PORT: '8080', SERVICE_ADDRESS: '10.0.0.7' });
    const { config } = loadConfig([file, environment]);
    expect(config.service).toMatchObject({ name: 'orders', check: { http: '/health' } });
    expect(Object.keys(config.upstreams)).toEqual(Object.keys(values.pilotfish?.config?.upstreams ?? {}));
  });

  it('the Helm chart names itself as charts do', () => {
    expect(fileErrors('chart', text(`${CHART}/Chart.yaml`))).toEqual([]);
  });

  it('the compose file is as the compose specification wants it', () => {
    expect(fileErrors('compose-spec', text('deploy/compose/compose.yaml'))).toEqual([]);
  });

  it.each(globSync('.github/workflows/*.yml'))('%s is as GitHub wants it', (file) => {
    expect(fileErrors('github-workflow', text(file))).toEqual([]);
  });

  it('the alert rules are as Prometheus wants them', () => {
    expect(fileErrors('prometheus-rules', text('deploy/prometheus/pilotfish-alerts.yaml'))).toEqual([]);
  });
});

describe('a mistake in such a file is found:', () => {
  const deployment = stringify(exampleWithSidecar());

  test.each([
    ['a field with a typo', 'terminationGracePeriodSeconds', 'terminationGracePeriodSecs', /Secs is unknown/],
    ['a field at the wrong place', 'restartPolicy: Always', 'startupProbes: {}', /startupProbes is unknown/],
    ['a text for a number', 'replicas: 3', 'replicas: "3"', /replicas is no number/],
    ['a word that is none of the allowed', 'type: RuntimeDefault', 'type: Runtime', /not one of/],
    ['a selector that no pod has', 'matchLabels:\n      app: orders', 'matchLabels:\n      app: order', /label app/],
    [
      'a volume that is not there',
      '- name: state\n          emptyDir',
      '- name: stat\n          emptyDir',
      /no volume/,
    ],
    ['a probe of a port that is not named', '- name: pilotfish-admin', '- name: pilotfish-admn', /startupProbe/],
    ['a missing field', '- name: pilotfish\n          image', '- image', /name is missing/],
  ])('%s', (_name, right, wrong, complaint) => {
    expect(deployment).toContain(right);
    expect(manifestErrors(deployment.replace(right, wrong)).join('\n')).toMatch(complaint);
  });

  test.each([
    ['compose-spec', 'deploy/compose/compose.yaml', 'read_only', 'readonly'],
    ['compose-spec', 'deploy/compose/compose.yaml', 'condition: service_healthy', 'condition: healthy'],
    ['github-workflow', '.github/workflows/ci.yml', 'runs-on', 'runs_on'],
    ['github-workflow', '.github/workflows/release.yml', 'attestations: write', 'attestations: yes'],
    ['kustomization', 'deploy/kubernetes/base/kustomization.yaml', 'files:', 'filess:'],
    ['chart', `${CHART}/Chart.yaml`, 'apiVersion: v2', 'apiVersion: v9'],
    ['prometheus-rules', 'deploy/prometheus/pilotfish-alerts.yaml', 'expr:', 'exp:'],
  ] as const)('of %s in %s: %s', (schema, file, right, wrong) => {
    expect(text(file)).toContain(right);
    expect(fileErrors(schema, text(file).replace(right, wrong))).not.toEqual([]);
  });

  test('a value that the chart does not have', () => {
    expect(() => renderChart(CHART, { name: undefined })).toThrow('values.yaml has no name');
  });
});
