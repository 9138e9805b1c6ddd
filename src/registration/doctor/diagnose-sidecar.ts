import type { CodedError } from '../../runtime/coded-error.ts';
import { type Finding, fine, note, problem } from './finding.ts';
import type { DialResult } from './registration-evidence.ts';

/** What was seen of the running sidecar. */
export interface SidecarEvidence {
  /** Its admin port; undefined: it takes a free one that nobody knows. */
  readonly url: string | undefined;
  /** What it answered to `/healthz`, or why it did not. */
  readonly version: string | CodedError | undefined;
  /** This program's own. */
  readonly ownVersion: string;
  readonly readiness: { readonly ready: boolean; readonly reasons: readonly string[] } | undefined;
  /** Of the app beside it; undefined: it registers none. */
  readonly registration: SidecarRegistration | undefined;
  /** The service that the configuration wants; undefined: none. */
  readonly wantedName: string | undefined;
  /** What connections to the proxy's addresses showed. */
  readonly proxies: readonly { readonly place: string; readonly dial: DialResult }[];
}

/** What the sidecar says of its registration; a part of `RegistrationStatus`. */
export interface SidecarRegistration {
  readonly state: string;
  readonly name: string;
  readonly id?: string | undefined;
  readonly lastError?: { readonly message: string } | undefined;
}

/** Judges the running sidecar: is it there, ready, of this version, and does it register what it should. Pure. */
export function diagnoseSidecar(evidence: SidecarEvidence): readonly Finding[] {
  const { url, version, ownVersion, proxies } = evidence;
  if (url === undefined)
    return [note('sidecar', 'the sidecar takes a free admin port: name it with --admin to look at it')];
  if (version instanceof Error) {
    const remedy = 'start it with pilotfish run, or name its admin port with --admin';
    return [problem('sidecar_unreachable', withoutRemedy(version.message), remedy)];
  }
  const unreachable = proxies.filter(({ dial }) => dial !== 'answers');
  return [
    fine('sidecar', `a sidecar answers at ${url}, version ${version}`),
    ...(version === ownVersion
      ? []
      : [problem('sidecar_version', `it has version ${version}, this program ${ownVersion}`, 'restart the sidecar')]),
    ...unreachable.map(({ place }) =>
      problem(
        'proxy_unreachable',
        `nothing answers at its proxy port ${place}`,
        'see proxy.listen and the sidecar’s log',
      ),
    ),
    ...readiness(evidence),
    ...registration(evidence),
  ];
}

function readiness({ readiness: known }: SidecarEvidence): readonly Finding[] {
  if (known === undefined || (known.ready && known.reasons.length === 0)) return [];
  const reasons = known.reasons.join('; ');
  if (known.ready)
    return [problem('sidecar_stale', `the sidecar serves from its last view: ${reasons}`, 'see its log')];
  return [problem('sidecar_not_ready', `the sidecar is not ready: ${reasons}`, 'wait, or see its log')];
}

function registration({ registration: own, wantedName }: SidecarEvidence): readonly Finding[] {
  if (wantedName === undefined) return [];
  if (own === undefined || own.name !== wantedName) {
    const what = own === undefined ? 'no app' : own.name;
    const message = `the running sidecar registers ${what}, this configuration wants ${wantedName}`;
    return [
      problem('sidecar_config', message, 'give this command the sidecar’s own flags and file, or restart the sidecar'),
    ];
  }
  const { state, lastError } = own;
  if (state === 'registered' && lastError === undefined) return [];
  const message = `the sidecar’s registration is ${state}${lastError === undefined ? '' : `: ${lastError.message}`}`;
  const remedy =
    state === 'waiting-for-app' ? 'the app does not answer yet: see its log' : 'see the other findings and its log';
  return [problem('sidecar_registration', message, remedy)];
}

/** What an error of ours says before the remedy that it ends with: a finding has its own. */
function withoutRemedy(message: string): string {
  return message.split('; ')[0] ?? message;
}
