import type { PlanReport } from '../app/marathon/plan-report.ts';
import { type OutputFormat, printable, printJson, printNote, printTable } from './output.ts';

const WORDS = {
  register: 'register',
  deregister: 'deregister',
  put_label: 'put label',
  delete_label: 'delete label',
} as const;

/** Prints what a sync would do: data to standard output, what is left alone and the sum to standard error. */
export function printPlan({ changes, problems, isSame }: PlanReport, output: OutputFormat): void {
  if (output === 'json') printJson({ isSame, changes, problems });
  else if (!isSame)
    printTable(
      ['ACTION', 'APP', 'SERVICE OR KEY', 'AGENT', 'BECAUSE'],
      changes.map(({ action, app, on, agent, because }) => [WORDS[action], app, on, agent ?? '', because ?? '']),
    );
  for (const problem of problems) printNote(`! ${printable(problem)}`);
  printNote(isSame ? 'no change' : summary(changes));
}

function summary(changes: PlanReport['changes']): string {
  const counts = Object.entries(WORDS).flatMap(([action, words]) => {
    const count = changes.filter((change) => change.action === action).length;
    return count === 0 ? [] : [`${count} × ${words}`];
  });
  return `${changes.length === 1 ? '1 change' : `${changes.length} changes`}: ${counts.join(', ')}`;
}
