import type { BridgeAppJson } from '../../admin/bridge-parts.ts';
import type { BridgeStatus } from '../../marathon/bridge-status.ts';
import { failureWords } from './bridge-log-line.ts';

/** At most so many failures of an app are told. */
const SHOWN = 5;

/** The apps as `/v1/marathon` and the page tell them, by id. */
export function appRows({ apps, clashes }: Pick<BridgeStatus, 'apps' | 'clashes'>): readonly BridgeAppJson[] {
  const clashOf = new Map(clashes.flatMap((clash) => clash.appIds.map((appId) => [appId, clash])));
  const rows = apps.map(({ appId: id, name: service, running, registered, failures }): BridgeAppJson => {
    const clash = clashOf.get(id);
    clashOf.delete(id);
    const base = { id, service, running, registered };
    if (clash !== undefined) return { ...base, state: 'clash', problems: [clashWords(id, clash)] };
    if (failures.length > 0) return { ...base, state: 'failed', problems: failures.slice(0, SHOWN).map(failureWords) };
    return { ...base, state: registered < running ? 'differs' : 'kept', problems: [] };
  });
  const others = [...clashOf].map(
    ([id, clash]): BridgeAppJson => ({
      id,
      service: clash.name,
      running: 0,
      registered: 0,
      state: 'clash',
      problems: [clashWords(id, clash)],
    }),
  );
  return [...rows, ...others];
}

function clashWords(id: string, { name, appIds }: BridgeStatus['clashes'][number]): string {
  const others = appIds.filter((appId) => appId !== id).join(', ');
  return `${others} becomes ${name} in Consul too: rename one of them`;
}
