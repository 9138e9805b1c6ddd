import type { BridgeState } from '../bridge-state.ts';
import { AppTable } from './app-table.ts';
import { BridgeOverview } from './bridge-overview.ts';
import { browser, byId, setText } from './dom.ts';
import { EventList } from './event-list.ts';
import { LiveConnection } from './live-connection.ts';
import { ago, timeOfDay } from './words.ts';

const { document, location } = browser;
const overview = new BridgeOverview();
const apps = new AppTable();
const events = new EventList();

const connection = new LiveConnection<BridgeState>({
  onState(state) {
    overview.show(state);
    apps.show(state);
    events.show(state.events, state.isWhole);
    setText(byId('updated'), `updated ${timeOfDay(state.at)}`);
  },
  onStale(isStale, lastMs) {
    const banner = byId('stale');
    if (isStale && banner.hidden) say('The connection to the bridge is lost. What is shown is old.');
    if (!isStale && !banner.hidden) say('Connected again.');
    banner.hidden = !isStale;
    document.body.classList.toggle('is-stale', isStale);
    setText(banner, isStale ? `Stale: no word from the bridge for ${ago(lastMs, Date.now())}. Trying again …` : '');
  },
});

/** Said aloud by screen readers. */
function say(text: string): void {
  byId('said').textContent = text;
}

for (const element of document.querySelectorAll('[data-curl]'))
  setText(element, `curl ${location.origin}${element.dataset.curl}`);
connection.connect(undefined);
