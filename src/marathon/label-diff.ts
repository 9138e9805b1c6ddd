import { CodedError } from '../runtime/coded-error.ts';
import { appName } from './app-name.ts';
import type { BridgeAction, BridgeFailure } from './bridge-action.ts';
import type { DesiredApp } from './desired-state.ts';
import type { DiffInput } from './diff-input.ts';
import { type FoundLabel, labelFolder, ownerFlags, sameLabel } from './labels.ts';

/** An action on a label of an app that Marathon has no more. */
export interface AbsentLabelAction {
  readonly name: string;
  /** Undefined: nothing else is known of it but its name. */
  readonly appId: string | undefined;
  readonly action: BridgeAction;
}

/** Stores what is missing or different, then deletes what the app has no more. */
export function labelActions(app: DesiredApp, { actual, settings }: DiffInput): BridgeAction[] {
  if (app.labels === undefined || actual.labelsByName === undefined) return [];
  const found = actual.labelsByName.get(app.name) ?? [];
  const stored = new Map(found.map((label) => [label.key, label]));
  const puts = [...app.labels].flatMap(([key, value]): readonly BridgeAction[] => {
    const label = stored.get(key);
    return label !== undefined && sameLabel(label.value, value) ? [] : [{ kind: 'put_label', key, value }];
  });
  const refused = new Set(app.refusedLabels.map(({ label }) => labelFolder(app.name) + label));
  const owner = ownerFlags(settings.registrationId);
  const stale = found.filter(
    ({ key, flags }) => app.labels?.has(key) !== true && !refused.has(key) && (flags === owner || flags === 0n),
  );
  return [...puts, ...stale.map(({ key }) => deletion(key))];
}

/**
 * Labels of apps that are gone. A label is the bridge's own if it says so, or, as Consular left them, if it says nothing
 * and the app is known to have been this bridge's.
 */
export function absentLabelActions({
  desired,
  actual,
  settings,
  evidence,
  isMarathonWhole,
}: DiffInput): AbsentLabelAction[] {
  const present = new Set<string>();
  const absent = new Map<string, string>();
  for (const { name, appId, state, services } of desired.apps.values()) {
    if (state === 'absent' && services.length === 0) absent.set(name, appId);
    else present.add(name);
  }
  const own = new Map<string, string>();
  for (const appId of [...evidence.endedApps, ...actual.services.map((service) => service.appId)]) {
    own.set(appName(appId), appId);
  }
  const owner = ownerFlags(settings.registrationId);
  const isOwn = ({ name, flags }: FoundLabel) => flags === owner || (flags === 0n && own.has(name));
  return [...(actual.labelsByName ?? [])]
    .filter(([name]) => !present.has(name) && (isMarathonWhole || absent.has(name)))
    .flatMap(([name, labels]) =>
      labels.filter(isOwn).map(({ key }) => {
        return { name, appId: absent.get(name) ?? own.get(name), action: deletion(key) };
      }),
    );
}

/** Labels that Consul cannot hold, as failures of the app. */
export function refusedLabels({ name, refusedLabels: refused }: DesiredApp): BridgeFailure[] {
  return refused.map(({ label, problem }) => ({
    doing: 'put_label',
    on: labelFolder(name) + label.slice(0, 200),
    error: new CodedError(`label ${JSON.stringify(label.slice(0, 200))} is not stored: ${problem}`, {
      code: 'label_refused',
      side: 'app',
      retryable: false,
    }),
  }));
}

function deletion(key: string): BridgeAction {
  return { kind: 'delete_label', key };
}
