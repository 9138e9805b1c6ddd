import { spreadOf } from './quantiles.ts';
import { type Figure, type Result, type Row, valuesOf } from './result.ts';

/** What is compared, and whether more is better. */
const compared: readonly { figure: Figure; means: string; moreIsBetter: boolean }[] = [
  { figure: 'cpuMicrosPerUnit', means: 'less CPU time', moreIsBetter: false },
  { figure: 'unitsPerSecond', means: 'more per second', moreIsBetter: true },
  { figure: 'p99Ms', means: 'a lower p99', moreIsBetter: false },
  { figure: 'rssBytes', means: 'less memory', moreIsBetter: false },
];

function medianOf(row: Row, figure: Figure): number | undefined {
  const values = valuesOf(row, figure);
  return values.length === 0 ? undefined : spreadOf(values).median;
}

/** Who beats pilotfish at what in one result; one line of Markdown for each way to win, none for none. */
export function whereOthersWin(result: Result): string[] {
  const own = result.rows.find(({ name }) => name === 'pilotfish');
  if (own === undefined) return [];
  const hasRate = result.rows.some((row) => valuesOf(row, 'wantedPerSecond').length > 0);
  return compared.flatMap(({ figure, means, moreIsBetter }) => {
    if (figure === 'unitsPerSecond' && hasRate) return [];
    const mine = medianOf(own, figure);
    if (mine === undefined || mine === 0) return [];
    const better = result.rows.flatMap((row) => {
      const theirs = row.kind === 'own' ? undefined : medianOf(row, figure);
      if (theirs === undefined || (moreIsBetter ? theirs <= mine : theirs >= mine)) return [];
      return [{ name: row.name, ratio: theirs / mine }];
    });
    if (better.length === 0) return [];
    const names = better.toSorted((a, b) => (moreIsBetter ? b.ratio - a.ratio : a.ratio - b.ratio));
    return [
      `- ${result.title}: ${means}: ${names.map(({ name, ratio }) => `${name} (× ${ratio.toFixed(2)})`).join(', ')}`,
    ];
  });
}
