/** A pilot fish, roughly. */
export const ICON: string = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#0b6e75"/><path d="M4 16c4-6 12-7 17-2l6-4c-1 4-1 8 0 12l-6-4c-5 5-13 4-17-2z" fill="#e9fbfa"/><path d="M11 11.6v8.8M15 11.1v9.8M19 12.6v6.8" stroke="#0b6e75" stroke-width="1.6"/><circle cx="8" cy="15" r="1.1" fill="#0b6e75"/></svg>`;

/** How the dashboard looks. Colours are WCAG AA against their ground, in light and in dark. */
export const STYLE: string = `:root {
  color-scheme: light dark;
  --ground: #f3f5f7; --panel: #ffffff; --line: #d9dfe5; --text: #17202a; --quiet: #55616e;
  --accent: #0b6e75; --good: #17703a; --warn: #8a5300; --bad: #b3261e;
  --good-ground: #e3f4e9; --warn-ground: #fdf0d9; --bad-ground: #fde7e5; --quiet-ground: #e9edf1;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0f1418; --panel: #182026; --line: #2c3740; --text: #e6ecf1; --quiet: #9fadb9;
    --accent: #5ccfd6; --good: #7ad79a; --warn: #f2bf6b; --bad: #ff9d94;
    --good-ground: #16321f; --warn-ground: #3a2b10; --bad-ground: #41201d; --quiet-ground: #26313a;
  }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body { margin: 0; background: var(--ground); color: var(--text); font: 15px/1.45 system-ui, "Segoe UI", Roboto, sans-serif; }
h1, h2, p, dl, ol { margin: 0; }
h1 { font-size: 1.2rem; letter-spacing: -.01em; }
h1 span { font-weight: 400; color: var(--quiet); margin-left: .4rem; }
h2 { font-size: .95rem; }
a { color: var(--accent); }
code, pre { font: .85em/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
header, main, footer { max-width: 84rem; margin: 0 auto; padding: 0 1.25rem; }
header { display: flex; flex-wrap: wrap; align-items: center; gap: .4rem .8rem; padding-top: 1rem; padding-bottom: 1rem; }
#updated { margin-left: auto; color: var(--quiet); font-variant-numeric: tabular-nums; }
main { display: grid; gap: 1rem; }
footer { padding-top: 1.25rem; padding-bottom: 2rem; color: var(--quiet); font-size: .85rem; }
.tiles { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(17rem, 1fr)); }
.pair { display: grid; gap: 1rem; grid-template-columns: minmax(0, 2fr) minmax(0, 1fr); align-items: start; }
.panel { background: var(--panel); border: 1px solid var(--line); border-radius: 10px; padding: .9rem 1rem 1rem; min-width: 0; }
.panel:focus { outline: none; }
.head { display: flex; flex-wrap: wrap; align-items: baseline; gap: .3rem .9rem; margin-bottom: .6rem; }
.head > .curl { margin-left: auto; }
.curl { font-size: .8rem; color: var(--quiet); max-width: 100%; }
.curl summary { cursor: pointer; text-align: right; }
.curl code { display: block; margin-top: .3rem; padding: .3rem .5rem; background: var(--quiet-ground); color: var(--text); border-radius: 6px; overflow-wrap: anywhere; user-select: all; }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .2rem .9rem; font-variant-numeric: tabular-nums; }
dt { color: var(--quiet); }
dd { margin: 0; overflow-wrap: anywhere; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th { text-align: left; font-weight: 500; font-size: .8rem; color: var(--quiet); padding: .3rem .6rem .3rem 0; white-space: nowrap; }
td { border-top: 1px solid var(--line); padding: .42rem .6rem .42rem 0; vertical-align: top; overflow-wrap: anywhere; }
th:last-child, td:last-child { padding-right: 0; }
tr[aria-current="true"] { background: var(--quiet-ground); }
tr[aria-current="true"] td:first-child { box-shadow: inset 3px 0 var(--accent); padding-left: .6rem; }
#upstreams td:nth-child(n + 3), #instances td:nth-child(n + 3):nth-child(-n + 8) { white-space: nowrap; }
#instances { table-layout: fixed; }
#instances th:nth-child(1) { width: 21%; } #instances th:nth-child(3) { width: 10%; } #instances th:nth-child(4) { width: 7%; }
#instances th:nth-child(5) { width: 9%; } #instances th:nth-child(6), #instances th:nth-child(7) { width: 7%; } #instances th:nth-child(8) { width: 13%; } #instances th:nth-child(9) { width: 8%; }
.sub { display: block; color: var(--quiet); font-size: .82rem; }
.badge { display: inline-block; padding: .05rem .55rem; border-radius: 99px; font-size: .82rem; font-weight: 600; white-space: nowrap; background: var(--quiet-ground); color: var(--quiet); }
[data-tone="good"] { background: var(--good-ground); color: var(--good); }
[data-tone="warn"] { background: var(--warn-ground); color: var(--warn); }
[data-tone="bad"] { background: var(--bad-ground); color: var(--bad); }
.banner { padding: .7rem 1rem; border-radius: 10px; background: var(--warn-ground); color: var(--warn); font-weight: 600; }
.is-stale .panel { opacity: 1; border-style: dashed; }
.empty { color: var(--quiet); }
.tools { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem .8rem; margin-bottom: .6rem; color: var(--quiet); }
.actions { display: flex; flex-wrap: wrap; gap: .5rem; margin-top: .8rem; }
input { font: inherit; color: var(--text); background: var(--ground); border: 1px solid var(--quiet); border-radius: 6px; padding: .25rem .5rem; min-width: 0; max-width: 100%; }
button { font: inherit; font-size: .88rem; color: var(--accent); background: transparent; border: 1px solid currentColor; border-radius: 6px; padding: .22rem .7rem; cursor: pointer; }
button.danger { color: var(--bad); }
button:hover { background: var(--quiet-ground); }
button.open { border: 0; padding: 0; font-size: inherit; font-weight: 600; text-decoration: underline; text-underline-offset: .2em; text-align: left; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
svg.spark { display: inline-block; width: 72px; height: 18px; vertical-align: -4px; margin-left: .5rem; }
svg.spark .base { stroke: var(--line); }
.amount { display: inline-block; min-width: 2.6rem; }
svg.spark polyline { fill: none; stroke: var(--accent); stroke-width: 1.5; vector-effect: non-scaling-stroke; }
svg.share { display: block; width: 100%; max-width: 7rem; height: 4px; margin-top: .25rem; }
svg.share .all { fill: var(--quiet-ground); }
svg.share .part { fill: var(--accent); }
#events { list-style: none; padding: 0; max-height: 24rem; overflow: auto; }
#events li { display: grid; grid-template-columns: 5.2rem minmax(0, 1fr); gap: .6rem; padding: .3rem 0; border-top: 1px solid var(--line); overflow-wrap: anywhere; }
#events li:first-child { border-top: 0; }
#events time { color: var(--quiet); font-variant-numeric: tabular-nums; }
#events .badge { margin-right: .4rem; }
pre { margin: 0; padding: .6rem; max-height: 20rem; overflow: auto; background: var(--quiet-ground); border-radius: 6px; white-space: pre-wrap; overflow-wrap: anywhere; }
dialog { border: 1px solid var(--line); border-radius: 12px; background: var(--panel); color: var(--text); padding: 1.2rem 1.3rem; max-width: 30rem; width: calc(100% - 2rem); }
dialog::backdrop { background: rgb(0 0 0 / .45); }
dialog h2 { font-size: 1.05rem; margin-bottom: .5rem; }
dialog label { display: grid; gap: .2rem; margin-top: .7rem; }
dialog .actions { justify-content: flex-end; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; left: 1rem; top: -4rem; background: var(--panel); padding: .5rem .8rem; border-radius: 6px; z-index: 1; }
.skip:focus { top: .5rem; }
@media (max-width: 52rem) {
  .pair { grid-template-columns: minmax(0, 1fr); }
  header, main, footer { padding-left: .8rem; padding-right: .8rem; }
  table, tbody, tr, td { display: block; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  tr { border-top: 1px solid var(--line); padding: .5rem 0; display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 0 1rem; }
  td { border: 0; padding: .1rem 0; display: grid; grid-template-columns: 5.2rem minmax(0, 1fr); gap: .6rem; }
  td:nth-child(-n + 3), #upstreams td:nth-child(-n + 5), #instances td:nth-child(n + 8) { grid-column: 1 / -1; }
  tr[aria-current="true"] { background: var(--quiet-ground); box-shadow: inset 3px 0 var(--accent); padding-left: .6rem; }
  tr[aria-current="true"] td:first-child { box-shadow: none; padding-left: 0; }
  td::before { content: attr(data-label); color: var(--quiet); }
  td > .cell { min-width: 0; }
}
@media (prefers-reduced-motion: no-preference) { button { transition: background .12s; } }
@media (forced-colors: active) { .badge, .banner { border: 1px solid; } }
`;
