import { spawnSync } from 'node:child_process';
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
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

  it.skipIf(!has('systemd-analyze'))('has a unit file that systemd accepts', () => {
    const dir = mkdtempSync(join(tmpdir(), 'pilotfish-unit-'));
    try {
      const unit = readFileSync('deploy/systemd/pilotfish.service', 'utf8');
      writeFileSync(join(dir, 'pilotfish.service'), unit.replace('/usr/bin/pilotfish run', '/bin/true run'));
      const { stdout, stderr } = spawnSync('systemd-analyze', ['verify', join(dir, 'pilotfish.service')], {
        encoding: 'utf8',
      });
      expect((stdout + stderr).split('\n').filter((line) => line.includes(dir))).toEqual([]);
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });
});

describe('the Dockerfile', () => {
  const text = readFileSync('Dockerfile', 'utf8');

  it('copies only what .dockerignore lets through, builds it, and names files that the build makes', () => {
    const dir = mkdtempSync(join(tmpdir(), 'pilotfish-image-'));
    try {
      const copied = [...text.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(
        ([, sources]) => sources?.split(' ') ?? [],
      );
      const allowed =
        readFileSync('.dockerignore', 'utf8')
          .match(/^!(.+)$/gm)
          ?.map((line) => line.slice(1)) ?? [];
      expect(copied.filter((source) => !allowed.includes(source.replace(/^\.\//, '')))).toEqual([]);
      for (const source of new Set(copied)) cpSync(source, join(dir, source), { recursive: true });
      symlinkSync(resolve('node_modules'), join(dir, 'node_modules'));
      const build = spawnSync('npm', ['run', '--silent', 'build'], { cwd: dir, encoding: 'utf8' });
      expect(build.status, build.stdout + build.stderr).toBe(0);
      const entry = /ENTRYPOINT \["node", "\/app\/(.+)"\]/.exec(text)?.[1] ?? '';
      const version = spawnSync(process.execPath, [join(dir, entry), 'version'], { encoding: 'utf8' });
      expect(version.stdout).toMatch(/^pilotfish \d/);
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });

  it('runs as somebody who is not root, and asks the admin port whether it lives', () => {
    expect(text).toMatch(/^USER node$/m);
    expect(text).toContain('http://127.0.0.1:7701/healthz');
  });
});
