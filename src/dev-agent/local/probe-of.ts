import { grpcProbe } from '../checks/grpc-probe.ts';
import { httpProbe } from '../checks/http-probe.ts';
import { DEFAULT_OUTPUT_BYTES, type Probe } from '../checks/probe.ts';
import { tcpProbe } from '../checks/tcp-probe.ts';
import { type CheckFields, checkKind } from './check-type.ts';

/** What looks at the app for a check; undefined for one that the app or another check reports. */
export function probeOf(fields: CheckFields): Probe | undefined {
  const maxOutputBytes = fields.OutputMaxSize > 0 ? fields.OutputMaxSize : DEFAULT_OUTPUT_BYTES;
  switch (checkKind(fields)) {
    case 'http':
      return httpProbe({
        url: fields.HTTP,
        method: fields.Method,
        headers: fields.Header ?? new Map(),
        body: fields.Body,
        skipTlsVerify: fields.TLSSkipVerify,
        maxOutputBytes,
      });
    case 'tcp':
      return tcpProbe(fields.TCP);
    case 'grpc':
      return grpcProbe({ target: fields.GRPC, tls: fields.GRPCUseTLS, skipTlsVerify: fields.TLSSkipVerify });
    default:
      return undefined;
  }
}
