import { spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { environmentLayer } from '../../src/app/config-environment.ts';
import { parseConfigText } from '../../src/app/config-file.ts';
import { loadConfig } from '../../src/app/load-config.ts';

const has = (program: string) => spawnSync('which', [program]).status === 0;

describe('what is deployed', () => {
  it.each(globSync('{deploy/**/*.yaml,.github/workflows/*.yml}').filter((file) => !file.includes('/templates/')))(
    '%s is YAML',
    (file) => {
      for (const document of parseAllDocuments(readFileSync(file, 'utf8'))) expect(document.errors).toEqual([]);
    },
  );

  it('gives the sidecar on Kubernetes a configuration that it takes', () => {
    const file = 'deploy/kubernetes/base/pilotfish.yaml';
    const environment = { SERVICE_NAME: 'orders', SERVICE_PORT: '8080', SERVICE_ADDRESS: '10.0.0.7' };
    const { config } = loadConfig([parseConfigText(readFileSync(file, 'utf8'), file), environmentLayer(environment)]);
    expect(config.service).toMatchObject({ name: 'orders', port: 8080, check: { http: '/health' } });
  });

  const units = globSync('deploy/systemd/*.service');
  it.skipIf(!has('systemd-analyze')).each(units)('%s is a unit file that systemd accepts', (file) => {
    const dir = mkdtempSync(join(tmpdir(), 'pilotfish-unit-'));
    try {
      const unit = readFileSync(file, 'utf8');
      const copy = join(dir, basename(file));
      expect(unit).toContain('ExecStart=/usr/bin/pilotfish ');
      writeFileSync(copy, unit.replace('/usr/bin/pilotfish ', '/bin/true '));
      const { stdout, stderr } = spawnSync('systemd-analyze', ['verify', copy], { encoding: 'utf8' });
      expect((stdout + stderr).split('\n').filter((line) => line.includes(dir))).toEqual([]);
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });
});
