import type * as NodeTls from 'node:tls';

let loaded: typeof NodeTls | undefined;

/** Node's TLS, loaded when it is first used: most sidecars never do, and it takes 10 ms and 7 MB at their start. */
export function nodeTls(): typeof NodeTls {
  loaded ??= process.getBuiltinModule('node:tls');
  return loaded;
}
