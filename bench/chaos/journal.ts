import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What the apps together did with the POSTs of a scenario, read from their journals. */
export interface Executions {
  /** Ids that were begun. */
  readonly begun: number;
  /** Ids that were begun more than once, anywhere: what a retry must never cause for a POST. */
  readonly duplicates: number;
}

/** Reads all journals of a directory. */
export async function readJournals(directory: string): Promise<Executions> {
  const times = new Map<string, number>();
  for (const file of await readdir(directory)) {
    for (const id of (await readFile(join(directory, file), 'utf8')).split('\n')) {
      if (id !== '') times.set(id, (times.get(id) ?? 0) + 1);
    }
  }
  return { begun: times.size, duplicates: [...times.values()].filter((count) => count > 1).length };
}
