import type { BridgeState } from '../bridge-state.ts';
import { byId, setBadge, setText } from './dom.ts';
import { type Fact, FactList } from './fact-list.ts';
import { consulFacts } from './overview.ts';
import { ago, milliseconds, since, whole } from './words.ts';

const ROLES = {
  starting: ['starting', 'quiet'],
  leading: ['leading', 'good'],
  standby: ['standby', 'quiet'],
  stopping: ['stopping', 'warn'],
} as const;

/** The three panels at the top: this bridge, Marathon, Consul. */
export class BridgeOverview {
  readonly #bridge = new FactList(byId('bridge'));
  readonly #marathon = new FactList(byId('marathon'));
  readonly #consul = new FactList(byId('consul'));

  show(state: BridgeState): void {
    const { bridge, readiness, consul, at } = state;
    setText(byId('who'), `Marathon bridge ${bridge.registrationId}`);
    const standing = byId('standing');
    const [words, tone] = ROLES[bridge.role];
    if (readiness.ready && !readiness.stale) setBadge(standing, words, tone);
    else
      setBadge(
        standing,
        readiness.ready ? `${words}, from an old view` : 'not ready',
        readiness.ready ? 'warn' : 'bad',
      );
    const refused = byId('refused');
    refused.hidden = bridge.purge.refused === undefined;
    setText(refused, bridge.purge.refused ?? '');
    this.#bridge.show(bridgeFacts(state));
    this.#marathon.show(marathonFacts(state));
    this.#consul.show(consulFacts(consul, at));
  }
}

function bridgeFacts({ bridge, readiness, counts, services, version, at }: BridgeState): readonly Fact[] {
  const { role, roleSinceWallMs, leader, sync, purge, unreadableAgents } = bridge;
  const { lastWallMs, tookMs, error, pending } = sync;
  const wrong = counts.failed + counts.clash;
  return [
    ['State', `${role}, for ${ago(roleSinceWallMs, at)}`],
    ...(role === 'standby' ? ([['Leader', leader ?? 'not known']] as const) : []),
    ['Because', readiness.reasons.length === 0 ? 'all is well' : readiness.reasons.join('; ')],
    ['Services', `${whole(services)} in Consul`],
    ['Apps', wrong === 0 ? 'each as it should be' : `${whole(wrong)} with a problem`],
    ['Last sync', lastWallMs === undefined ? 'none yet' : `${since(lastWallMs, at)}, took ${milliseconds(tookMs)}`],
    ...(pending === 0 ? [] : ([['To compare', `${whole(pending)} apps`]] as const)),
    ...(error === undefined ? [] : ([['Last error', error]] as const)),
    ['Purge', purge.isOn ? `on, up to ${Math.round(purge.maxShare * 100)} %` : 'off'],
    ...(unreadableAgents.length === 0 ? [] : ([['Agents away', unreadableAgents.join('; ')]] as const)),
    ['Version', version],
  ];
}

function marathonFacts({ bridge, at }: BridgeState): readonly Fact[] {
  const { addresses, isReachable, sinceWallMs, error } = bridge.marathon;
  const { stream, callback, received, lastWallMs } = bridge.events;
  const link = isReachable === undefined ? 'not asked yet' : isReachable ? 'reachable' : 'unreachable';
  return [
    ['Link', sinceWallMs === undefined ? link : `${link}, for ${ago(sinceWallMs, at)}`],
    ['Address', addresses.join(', ')],
    ...(stream === undefined ? [] : ([['Event stream', streamWords(stream, at)]] as const)),
    ...(callback === undefined ? [] : ([['Callback', callbackWords(callback)]] as const)),
    ['Events', lastWallMs === undefined ? 'none yet' : `${whole(received)}, the last ${since(lastWallMs, at)}`],
    ...(error === undefined ? [] : ([['Last error', error]] as const)),
  ];
}

function streamWords(stream: NonNullable<BridgeState['bridge']['events']['stream']>, at: number): string {
  const words = stream.isConnected ? 'connected' : 'not connected';
  const why = stream.error === undefined ? '' : `: ${stream.error}`;
  return `${words}, for ${ago(stream.sinceWallMs, at)}${why}`;
}

function callbackWords(callback: NonNullable<BridgeState['bridge']['events']['callback']>): string {
  if (callback.isSubscribed) return `subscribed as ${callback.url}`;
  return callback.error === undefined ? 'not subscribed' : `not subscribed: ${callback.error}`;
}
