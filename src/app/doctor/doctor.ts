import { ConsulClient } from '../../consul/consul-client.ts';
import { diagnoseConsul } from '../../registration/doctor/diagnose-consul.ts';
import { diagnoseRegistration } from '../../registration/doctor/diagnose-registration.ts';
import { diagnoseSidecar } from '../../registration/doctor/diagnose-sidecar.ts';
import { diagnoseUpstreams } from '../../registration/doctor/diagnose-upstreams.ts';
import { type Finding, note } from '../../registration/doctor/finding.ts';
import { consulClientOptions } from '../consul-parts.ts';
import type { LoadedConfig } from '../load-config.ts';
import { lookAtConsul } from './look-at-consul.ts';
import { lookAtRegistration } from './look-at-registration.ts';
import { type AskSidecar, lookAtSidecar } from './look-at-sidecar.ts';
import { lookAtUpstreams } from './look-at-upstreams.ts';

/** What the doctor is given. */
export interface DoctorOptions {
  readonly loaded: LoadedConfig;
  readonly askSidecar: AskSidecar;
  /** The running sidecar's admin port; undefined: the configured one. */
  readonly adminUrl?: string | undefined;
}

/** What the doctor found. */
export interface Diagnosis {
  readonly isConsulReachable: boolean;
  readonly findings: readonly Finding[];
}

/**
 * Compares what is wanted with what is: Consul, the token's rights, the app's registration at the agent and in the
 * catalog, what answers at its address, the upstreams, the running sidecar. Changes nothing.
 */
export async function runDoctor({ loaded, askSidecar, adminUrl }: DoctorOptions): Promise<Diagnosis> {
  const { config } = loaded;
  const { service } = config;
  await using consul = new ConsulClient(consulClientOptions(config.consul));
  const sidecar = await lookAtSidecar(config, askSidecar, adminUrl);
  const seen = await lookAtConsul(consul, config);
  const findings = [...diagnoseConsul(seen)];
  const isConsulReachable = seen.failure === undefined;
  const appPort = service?.port || sidecar.appPort;
  if (isConsulReachable && service !== undefined && appPort !== undefined) {
    const subject = { consul, consulAddress: consul.address, service, appPort, seen };
    findings.push(...diagnoseRegistration(await lookAtRegistration(subject)));
  }
  if (service !== undefined && appPort === undefined) {
    findings.push(note('service_config', 'service.port is 0, and no running sidecar tells which port the app has'));
  }
  findings.push(...diagnoseUpstreams(await lookAtUpstreams(consul, config, seen)), ...diagnoseSidecar(sidecar));
  return { isConsulReachable, findings };
}
