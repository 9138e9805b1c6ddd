#!/usr/bin/env node
// The default export: a Node that is too old lacks the name, and would end here without a word of why.
import nodeModule from 'node:module';
import { EXIT } from './exit-code.ts';
import { nodeVersionProblem } from './node-version.ts';

const problem = nodeVersionProblem(process.versions.node);
if (problem !== undefined) {
  process.stderr.write(`${problem}\n`);
  process.exit(EXIT.failed);
}

const command = process.argv[2] ?? '';
const isSidecar = ['run', 'worker'].includes(command);
if (isSidecar || ['marathon', 'dev'].includes(command)) {
  const { tuneEngine } = await import('./engine.ts');
  tuneEngine();
}

// Compiled code is kept between starts (in the system's temporary folder, where that can be written). It helps only what
// is loaded after this line.
nodeModule.enableCompileCache();
const [makeProgram, { CommanderError }, { exitCodeOf, report }] = await Promise.all([
  isSidecar
    ? import('./sidecar-program.ts').then(({ sidecarProgram }) => sidecarProgram)
    : import('./program.ts').then(({ program }) => program),
  import('commander'),
  import('./failure.ts'),
]);

try {
  await makeProgram().parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? EXIT.fine : EXIT.usage;
  } else {
    report(error);
    process.exitCode = exitCodeOf(error);
  }
}
