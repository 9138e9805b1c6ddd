import type { BridgeState } from '../bridge-state.ts';
import { AppTable } from './app-table.ts';
import { BridgeOverview } from './bridge-overview.ts';
import { byId, setText } from './dom.ts';
import { EventList } from './event-list.ts';
import { LiveConnection } from './live-connection.ts';
import { fillCommandLines, showStale } from './page-status.ts';
import { timeOfDay } from './words.ts';

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
  onStale: (isStale, lastMs) => showStale('bridge', isStale, lastMs),
});

fillCommandLines();
connection.connect(undefined);
