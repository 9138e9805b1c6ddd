import type { LiveState } from '../live-state.ts';
import { confirmed, order } from './confirm-dialog.ts';
import { browser, byId, setText } from './dom.ts';
import { EventList } from './event-list.ts';
import { InstanceTable } from './instance-table.ts';
import { startKvPanel } from './kv-panel.ts';
import { LiveConnection } from './live-connection.ts';
import { Overview } from './overview.ts';
import { fillCommandLines, say, showStale } from './page-status.ts';
import { openInAddress, UpstreamTable } from './upstream-table.ts';
import { timeOfDay } from './words.ts';

const { location, history } = browser;
const overview = new Overview();
const upstreams = new UpstreamTable((name) => open(name));
const instances = new InstanceTable();
const events = new EventList();
let opened: string | undefined;
let isInMaintenance = false;

const connection = new LiveConnection<LiveState>({
  onState(state) {
    overview.show(state);
    upstreams.show(state);
    instances.show(state);
    events.show(state.events, state.isWhole);
    isInMaintenance = state.registration?.maintenance !== undefined;
    setText(byId('updated'), `updated ${timeOfDay(state.at)}`);
  },
  onStale: (isStale, lastMs) => showStale('sidecar', isStale, lastMs),
});

function open(name: string | undefined): void {
  const before = opened;
  opened = name;
  history.replaceState(undefined, '', name === undefined ? '/' : `#${encodeURIComponent(name)}`);
  instances.open(name);
  upstreams.mark(name);
  connection.connect(name);
  if (name === undefined) {
    if (before !== undefined) upstreams.focus(before);
    return;
  }
  const panel = byId('instances-panel');
  panel.focus();
  panel.scrollIntoView({ block: 'nearest' });
}

async function drain(): Promise<void> {
  const reason = await confirmed({
    title: 'Drain this sidecar?',
    text: 'The app leaves the catalog and its callers go elsewhere; the sidecar goes on serving the app. It comes back when the sidecar is started again.',
    yes: 'Drain',
  });
  if (reason !== undefined) say(await order('/v1/drain', {}, 'Draining.'));
}

async function maintain(): Promise<void> {
  if (isInMaintenance) {
    const question = { title: 'End the maintenance?', text: 'Callers use the app again.', yes: 'End maintenance' };
    if ((await confirmed(question)) !== undefined)
      say(await order('/v1/maintenance', { enable: false }, 'Maintenance ended.'));
    return;
  }
  const reason = await confirmed({
    title: 'Put the app into maintenance?',
    text: 'Callers stop using it; it stays registered, and comes back when the maintenance ends.',
    yes: 'Begin maintenance',
    asksReason: true,
  });
  if (reason !== undefined) say(await order('/v1/maintenance', { enable: true, reason }, 'In maintenance.'));
}

byId('drain').addEventListener('click', () => void drain());
byId('maintenance').addEventListener('click', () => void maintain());
byId('close').addEventListener('click', () => open(undefined));
byId('instances-panel').addEventListener('keydown', ({ key }) => {
  if (key === 'Escape') open(undefined);
});
browser.addEventListener('hashchange', () => {
  const name = openInAddress();
  if (name !== opened && !location.hash.endsWith('-panel')) open(name);
});
fillCommandLines();
startKvPanel();
const first = openInAddress();
if (first === undefined) connection.connect(undefined);
else open(first);
