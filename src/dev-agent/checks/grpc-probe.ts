import { connect } from 'node:http2';
import { connectFailure, type Probe, type ProbeResult } from './probe.ts';

/** What is asked of the app. */
export interface GrpcProbeOptions {
  /** `host:port`, or `host:port/service`. */
  readonly target: string;
  readonly tls: boolean;
  readonly skipTlsVerify: boolean;
}

const SERVING = 1;
const STATUS_NAMES: readonly string[] = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'];

/** Passes if the app's `grpc.health.v1.Health/Check` says SERVING. */
export function grpcProbe(options: GrpcProbeOptions): Probe {
  const slash = options.target.indexOf('/');
  const address = slash < 0 ? options.target : options.target.slice(0, slash);
  const service = slash < 0 ? '' : options.target.slice(slash + 1);
  const authority = `${options.tls ? 'https' : 'http'}://${address}`;
  return (signal) =>
    new Promise((resolve) => {
      const session = connect(authority, { rejectUnauthorized: !options.skipTlsVerify });
      const end = (result: ProbeResult): void => {
        signal.removeEventListener('abort', onAbort);
        session.destroy();
        resolve(result);
      };
      const fail = (output: string): void => end({ status: 'critical', output });
      const onAbort = (): void => fail('rpc error: code = DeadlineExceeded desc = context deadline exceeded');
      if (signal.aborted) return onAbort();
      signal.addEventListener('abort', onAbort, { once: true });
      session.once('error', (error) => fail(`rpc error: code = Unavailable desc = ${connectFailure(error, address)}`));
      const stream = session.request({
        ':method': 'POST',
        ':path': '/grpc.health.v1.Health/Check',
        'content-type': 'application/grpc',
        te: 'trailers',
      });
      const chunks: Buffer[] = [];
      let grpcStatus: string | undefined;
      const noteStatus = (headers: NodeJS.Dict<string | string[]>): void => {
        if (headers['grpc-status'] !== undefined) grpcStatus = String(headers['grpc-status']);
      };
      stream.on('response', noteStatus);
      stream.on('trailers', noteStatus);
      stream.on('data', (chunk: Buffer) => void chunks.push(chunk));
      stream.once('error', (error) => fail(`rpc error: code = Unavailable desc = ${error.message}`));
      stream.once('end', () => end(verdict(options.target, grpcStatus, Buffer.concat(chunks))));
      stream.end(frame(encodeRequest(service)));
    });
}

function verdict(target: string, grpcStatus: string | undefined, body: Buffer): ProbeResult {
  if (grpcStatus !== '0') {
    return { status: 'critical', output: `rpc error: code = ${grpcStatus ?? 'Unknown'} desc = health check refused` };
  }
  const serving = decodeStatus(body.subarray(5));
  if (serving === SERVING) return { status: 'passing', output: `gRPC check ${target}: success` };
  return { status: 'critical', output: `gRPC ${target} serving status: ${STATUS_NAMES[serving] ?? serving}` };
}

/** `HealthCheckRequest { string service = 1; }` */
function encodeRequest(service: string): Buffer {
  const name = Buffer.from(service);
  if (name.length === 0) return name;
  const length: number[] = [];
  for (let left = name.length; ; left >>>= 7) {
    length.push(left > 127 ? (left & 127) | 128 : left);
    if (left <= 127) break;
  }
  return Buffer.concat([Buffer.from([0x0a, ...length]), name]);
}

/** `HealthCheckResponse { ServingStatus status = 1; }`; an absent field is 0. */
function decodeStatus(message: Buffer): number {
  return message[0] === 0x08 ? (message[1] ?? 0) : 0;
}

/** A gRPC message: not compressed, length, bytes. */
function frame(message: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}
