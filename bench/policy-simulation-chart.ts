import type { SimulationResult } from './simulated-fleet.ts';

/** One panel of the chart. */
export interface Panel {
  readonly title: string;
  readonly rows: readonly { readonly name: string; readonly result: SimulationResult }[];
}

const WIDTH = 760;
const LEFT = 150;
const RIGHT = 130;
const ROW = 20;
const PANEL_GAP = 46;
const MIN_MS = 5;
const MAX_MS = 10_000;

/** Where a time lies on the logarithmic axis. */
function x(ms: number): number {
  const share = Math.log(Math.max(ms, MIN_MS) / MIN_MS) / Math.log(MAX_MS / MIN_MS);
  return LEFT + share * (WIDTH - LEFT - RIGHT);
}

function panelSvg({ title, rows }: Panel, top: number): string {
  const best = Math.min(...rows.map(({ result }) => result.p99Ms * (1 + 100 * result.failed)));
  const bottom = top + 14 + rows.length * ROW;
  const grid = [10, 100, 1000, 10_000].map(
    (ms) =>
      `<line class="grid" x1="${x(ms)}" x2="${x(ms)}" y1="${top + 8}" y2="${bottom}"/>` +
      `<text class="axis" x="${x(ms)}" y="${bottom + 12}" text-anchor="middle">${ms < 1000 ? `${ms} ms` : `${ms / 1000} s`}</text>`,
  );
  const lines = rows.map(({ name, result }, index) => {
    const y = top + 22 + index * ROW;
    const isBest = result.p99Ms * (1 + 100 * result.failed) <= best * 1.1;
    const failed = result.failed >= 0.0005 ? ` · ${(result.failed * 100).toFixed(1)} % failed` : '';
    return (
      `<text class="name" x="${LEFT - 10}" y="${y + 4}" text-anchor="end">${name}</text>` +
      `<line class="${isBest ? 'best' : 'range'}" x1="${x(result.p50Ms)}" x2="${x(result.p99Ms)}" y1="${y}" y2="${y}"/>` +
      `<circle class="p50" cx="${x(result.p50Ms)}" cy="${y}" r="4"/>` +
      `<circle class="${isBest ? 'best' : 'p99'}" cx="${x(result.p99Ms)}" cy="${y}" r="5"/>` +
      `<text class="value" x="${x(result.p99Ms) + 10}" y="${y + 4}">${result.p99Ms.toFixed(0)} ms${failed}</text>`
    );
  });
  return `<text class="title" x="10" y="${top}">${title}</text>${grid.join('')}${lines.join('')}`;
}

/** A panel for each scenario, a line for each policy: from the median of its latency to its 99th percentile. */
export function chartSvg(panels: readonly Panel[]): string {
  let top = 56;
  const body = panels.map((panel) => {
    const svg = panelSvg(panel, top);
    top += 14 + panel.rows.length * ROW + PANEL_GAP;
    return svg;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${top}" viewBox="0 0 ${WIDTH} ${top}" role="img" aria-labelledby="chart-title">
<title id="chart-title">Latency of each balancing policy, from the median to the 99th percentile, in each scenario</title>
<style>
rect { fill: #ffffff } text { font: 12px system-ui, sans-serif; fill: #24292f } .title { font-weight: 600; font-size: 13px }
.axis { fill: #6e7781; font-size: 10px } .grid { stroke: #d8dee4 } .range { stroke: #8c959f; stroke-width: 3 }
line.best { stroke: #0969da; stroke-width: 3 } circle.best { fill: #0969da } .p50 { fill: #ffffff; stroke: #57606a; stroke-width: 2 } .p99 { fill: #57606a }
</style>
<rect width="${WIDTH}" height="${top}"/>
<circle class="p50" cx="20" cy="22" r="4"/><text x="30" y="26">median</text><circle class="p99" cx="100" cy="22" r="5"/><text x="110" y="26">99th percentile</text><circle class="best" cx="220" cy="22" r="5"/><text x="230" y="26">best of its scenario, within 10 %</text>
${body.join('\n')}
</svg>
`;
}
