#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { EXIT } from './exit-code.ts';

// Compiled code is kept between starts (in the system's temporary folder, where that can be written). It helps only what
// is loaded after this line.
enableCompileCache();
const [{ program }, { CommanderError }, { exitCodeOf, report }] = await Promise.all([
  import('./program.ts'),
  import('commander'),
  import('./failure.ts'),
]);

try {
  await program().parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? EXIT.fine : EXIT.usage;
  } else {
    report(error);
    process.exitCode = exitCodeOf(error);
  }
}
