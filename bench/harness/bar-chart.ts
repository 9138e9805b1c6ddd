import type { Spread } from './quantiles.ts';

/** One bar, with a whisker from least to greatest. */
export interface Bar {
  readonly label: string;
  readonly value: Spread;
  /** Drawn in the accent colour. */
  readonly isOwn: boolean;
}

const ROW = 30;
const LEFT = 170;
const WIDTH = 760;
const BARS_WIDTH = WIDTH - LEFT - 90;

/** Legible on a light page and on a dark one. */
const STYLE = `text{font:13px system-ui,sans-serif;fill:#24292f}.t{font-size:15px;font-weight:600}.s{font-size:12px;fill:#57606a}
.b{fill:#8c959f}.own{fill:#0969da}.w{stroke:#24292f;stroke-width:1.5}.o{font-weight:600}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.s{fill:#8d96a0}.b{fill:#6e7681}.own{fill:#4493f8}.w{stroke:#e6edf3}}`;

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

/** Horizontal bars as a standalone SVG, in the given order; a shorter bar is better. */
export function barChart(title: string, subtitle: string, bars: readonly Bar[]): string {
  const top = 62;
  const greatest = Math.max(...bars.map(({ value }) => value.max));
  const scale = (value: number): number => Math.round((value / greatest) * BARS_WIDTH * 10) / 10;
  const rows = bars.map(({ label, value, isOwn }, index) => {
    const y = top + index * ROW;
    const name = `<text x="${LEFT - 10}" y="${y + 16}" text-anchor="end"${isOwn ? ' class="o"' : ''}>${escaped(label)}</text>`;
    const bar = `<rect class="${isOwn ? 'own' : 'b'}" x="${LEFT}" y="${y + 3}" width="${scale(value.median)}" height="18" rx="2"/>`;
    const whisker = `<line class="w" x1="${LEFT + scale(value.min)}" x2="${LEFT + scale(value.max)}" y1="${y + 12}" y2="${y + 12}"/>`;
    const figure = `<text x="${LEFT + scale(value.max) + 8}" y="${y + 16}"${isOwn ? ' class="o"' : ''}>${value.median.toFixed(1)}</text>`;
    return name + bar + whisker + figure;
  });
  const height = top + bars.length * ROW + 12;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(title)}">
<style>${STYLE}</style>
<text class="t" x="12" y="24">${escaped(title)}</text>
<text class="s" x="12" y="44">${escaped(subtitle)}</text>
${rows.join('\n')}
</svg>
`;
}
