import type { SidecarEvidence, SidecarRegistration } from '../../registration/doctor/diagnose-sidecar.ts';
import { CodedError } from '../../runtime/coded-error.ts';
import type { Config } from '../config.ts';
import { splitHostPort } from '../config-schema-values.ts';
import { listenAddress, urlOf } from '../listen-address.ts';
import { VERSION } from '../version.ts';
import { orFailure } from './look-at-consul.ts';
import { dial } from './look-at-registration.ts';

/** Asks the admin port of a running sidecar. @throws CodedError `admin_unreachable`, `admin_refused` */
export type AskSidecar = (url: string, path: string) => Promise<unknown>;

/** Gathers what there is to see of the running sidecar. @param adminUrl where it is, if somebody said so */
export async function lookAtSidecar(
  { admin, proxy, service }: Config,
  ask: AskSidecar,
  adminUrl: string | undefined,
): Promise<SidecarEvidence & { readonly appPort: number | undefined }> {
  const url = adminUrl ?? (splitHostPort(admin.listen)?.port === 0 ? undefined : urlOf(listenAddress(admin.listen)));
  const about = { url, ownVersion: VERSION, wantedName: service?.name };
  const get = (path: string) => (url === undefined ? Promise.resolve(undefined) : orFailure(ask(url, path)));
  const alive = await get('/healthz');
  if (url === undefined || alive instanceof CodedError) {
    const version = alive instanceof CodedError ? alive : undefined;
    return { ...about, version, readiness: undefined, registration: undefined, proxies: [], appPort: undefined };
  }
  const [ready, status] = await Promise.all([get('/readyz'), get('/v1/registration')]);
  const places = [proxy.listen].flat().filter((each) => (splitHostPort(each)?.port ?? 0) > 0);
  const dials = await dial(places.map(reachable));
  const registration = status instanceof CodedError ? undefined : (status as SidecarRegistration & { port: number });
  return {
    ...about,
    version: String((alive as { readonly version?: unknown }).version),
    readiness:
      ready instanceof CodedError
        ? { ready: false, reasons: [ready.message] }
        : (ready as { readonly ready: boolean; readonly reasons: readonly string[] }),
    registration,
    proxies: [...dials].map(([place, result]) => ({ place, dial: result })),
    appPort: registration?.port,
  };
}

/** Where a listener on all addresses is reached from here. */
function reachable(place: string): string {
  return place.replace(/^0\.0\.0\.0:/, '127.0.0.1:').replace(/^\[::\]:/, '[::1]:');
}
