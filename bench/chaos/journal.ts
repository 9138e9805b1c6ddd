import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What the apps together did with the POSTs of a scenario, read from their journals. */
export interface Executions {
  /** Ids that were begun. */
  readonly begun: number;
  /** Ids that were begun more than once, anywhere: what a retry must never cause for a POST. */
  readonly duplicates: number;
  /** Ids that were begun and not answered, by journal file: what an app had in hand when it was killed. */
  readonly unanswered: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Reads all journals of a directory. */
export async function readJournals(directory: string): Promise<Executions> {
  const times = new Map<string, number>();
  const unanswered = new Map<string, ReadonlySet<string>>();
  for (const file of await readdir(directory)) {
    const open = new Set<string>();
    for (const line of (await readFile(join(directory, file), 'utf8')).split('\n')) {
      const id = line.slice(2);
      if (line.startsWith('b ')) {
        times.set(id, (times.get(id) ?? 0) + 1);
        open.add(id);
      } else {
        open.delete(id);
      }
    }
    unanswered.set(file, open);
  }
  const duplicates = [...times.values()].filter((count) => count > 1).length;
  return { begun: times.size, duplicates, unanswered };
}
