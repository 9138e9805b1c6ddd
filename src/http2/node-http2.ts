import type * as NodeHttp2 from 'node:http2';

let loaded: typeof NodeHttp2 | undefined;

/** Node's HTTP/2, loaded when the first connection speaks it: with what it needs it takes 10 ms and 10 MB. */
export function nodeHttp2(): typeof NodeHttp2 {
  loaded ??= process.getBuiltinModule('node:http2');
  return loaded;
}
