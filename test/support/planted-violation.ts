import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/**
 * Proves that the house rules bite: plants one violation of each kind in a copy of src/, and fails unless each is
 * reported. A rule checker that silently reads nothing would otherwise look like a clean house.
 */
const planted: readonly { readonly file: string; readonly text: string; readonly rule: string }[] = [
  {
    file: 'src/runtime/planted.ts',
    text: "import type { Endpoint } from '../upstream/endpoint.ts';\nexport type Planted = Endpoint;\n",
    rule: 'room-runtime',
  },
  {
    file: 'src/consul/planted.ts',
    text: "import { Hono } from 'hono';\nexport const planted: unknown = Hono;\n",
    rule: 'package-hono',
  },
  {
    file: 'src/balance/planted.ts',
    text: "import { connect } from 'node:net';\nexport const planted: unknown = connect;\n",
    rule: 'sockets-in-http1',
  },
];

const copy = mkdtempSync(join(tmpdir(), 'pilotfish-house-'));
try {
  for (const name of ['src', 'tsconfig.json', 'package.json', '.dependency-cruiser.mjs']) {
    cpSync(name, join(copy, name), { recursive: true });
  }
  symlinkSync(resolve('node_modules'), join(copy, 'node_modules'));
  for (const { file, text } of planted) writeFileSync(join(copy, file), text);
  const cruiser = resolve('node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [cruiser, '--config', '.dependency-cruiser.mjs', '--output-type', 'err', 'src'],
    { encoding: 'utf8', cwd: copy },
  );
  const missed = planted.filter(({ rule, file }) => !stdout.includes(`${rule}: `) || !stdout.includes(file));
  if (missed.length > 0) {
    process.stderr.write(`the house rules missed ${missed.map(({ rule }) => rule).join(', ')}:\n${stdout}${stderr}\n`);
    process.exitCode = 1;
  }
} finally {
  rmSync(copy, { recursive: true, force: true });
}
