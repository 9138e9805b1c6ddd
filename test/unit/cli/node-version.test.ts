import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { nodeVersionProblem } from '../../../src/cli/node-version.ts';

const { engines } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));

test.each(['18.20.4', '20.20.2', '22.0.0', '22.18.9'])('Node %s is too old, and that is said', (version) => {
  expect(nodeVersionProblem(version)).toContain(
    `Node ${engines.node.replace('>=', '')} or later, and this is ${version}`,
  );
});

test.each(['22.19.0', '22.20.1', '23.0.0', '26.10.0', '100.1.0'])('Node %s will do', (version) => {
  expect(nodeVersionProblem(version)).toBeUndefined();
});
