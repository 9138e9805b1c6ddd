// The floor for anything on Node: bytes are passed on between two sockets, unread. No HTTP, no fields, no choice of an
// endpoint; what a proxy costs above this is its own.
import { connect, createServer } from 'node:net';
import { listenPort, originPort } from './forwarded-fields.mjs';

createServer({ noDelay: true }, (caller) => {
  const origin = connect({ port: originPort, host: '127.0.0.1', noDelay: true });
  const relay = (from, to) => {
    from.on('data', (chunk) => {
      if (!to.write(chunk)) from.pause();
    });
    to.on('drain', () => from.resume());
    from.on('end', () => to.end());
    from.on('error', () => to.destroy());
    from.on('close', () => to.destroySoon());
  };
  relay(caller, origin);
  relay(origin, caller);
}).listen(listenPort, '127.0.0.1');
