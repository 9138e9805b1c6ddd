// Builds the package: the library and its types by the compiler, the program as a bundle. `node build/make-dist.ts [folder]`
import { spawnSync } from 'node:child_process';
import { chmodSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { bundleProgram } from './bundle-program.ts';

const ROOT = resolve(import.meta.dirname, '..');
const dist = resolve(process.argv[2] ?? join(ROOT, 'dist'));

rmSync(dist, { recursive: true, force: true });
const compiler = join(ROOT, 'node_modules/typescript7/bin/tsc');
const { status } = spawnSync(process.execPath, [compiler, '-p', join(ROOT, 'src'), '--outDir', dist], {
  stdio: 'inherit',
});
if (status !== 0) process.exit(status ?? 1);
await bundleProgram(dist);
chmodSync(join(dist, 'cli/main.js'), 0o755);
