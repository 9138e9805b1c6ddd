import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);
const moduleOf = (file: string): string => JSON.stringify(new URL(`../../../src/cli/${file}`, import.meta.url).href);

/** Makes much that survives, and says how many MiB V8 then gives to new objects. */
const CHURN = `
const kept = [];
for (let made = 0; made < 400_000; made++) {
  kept.push({ made, list: [made] });
  if (kept.length > 40_000) kept.splice(0, 20_000);
}
const space = process.getBuiltinModule('node:v8').getHeapSpaceStatistics().find((each) => each.space_name === 'new_space');
process.stdout.write(String(Math.round((space.space_used_size + space.space_available_size) / 2 ** 20)));`;

async function mibAfter(start: string, ...flags: string[]): Promise<number> {
  const { stdout } = await run(process.execPath, [...flags, '--input-type=module', '-e', `${start}${CHURN}`]);
  return Number(stdout);
}

const hold = `const { holdYoungGeneration } = await import(${moduleOf('young-generation.ts')}); holdYoungGeneration();`;
const tune = `const { tuneEngine } = await import(${moduleOf('engine.ts')}); tuneEngine();`;

describe('the young generation of this Node’s V8', () => {
  it('grows by itself, past what it is held to', async () => {
    expect(await mibAfter('')).toBeGreaterThan(4);
  });

  it('stays as it is once it is held', async () => {
    expect(await mibAfter(hold)).toBeLessThanOrEqual(2);
  });

  it('is left to whoever chose its size', async () => {
    expect(await mibAfter(tune, '--min-semi-space-size=8')).toBeGreaterThanOrEqual(8);
  });
});

/** Calls a function again and again for more than a second, and says by which compilers it was compiled. */
const WORK = `
function work(n) {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += (i * i) % 7;
  return sum;
}
const untilMs = performance.now() + 1500;
while (performance.now() < untilMs) {
  for (let n = 0; n < 500; n++) work(60);
  await new Promise(setImmediate);
}`;

async function compilersOf(start: string, ...flags: string[]): Promise<ReadonlySet<string>> {
  const args = [...flags, '--trace-opt', '--input-type=module', '-e', start + WORK];
  const { stdout } = await run(process.execPath, args);
  const compiled = /completed compiling .*JSFunction work .*target (MAGLEV|TURBOFAN)/g;
  return new Set([...stdout.matchAll(compiled)].map(([, name = '']) => name));
}

describe('the compilers of this Node’s V8', () => {
  it('are there once the start is over', async () => {
    expect(await compilersOf(tune)).toContain('TURBOFAN');
  });

  it('are left to whoever chose them', async () => {
    expect(await compilersOf(tune, '--no-maglev', '--no-turbofan')).toEqual(new Set());
  });
});

describe('the engine of this Node', () => {
  it('knows every flag that is set', async () => {
    const { stdout, stderr } = await run(process.execPath, ['--input-type=module', '-e', tune]);
    expect({ stdout, stderr }).toEqual({ stdout: '', stderr: '' });
  });
});
