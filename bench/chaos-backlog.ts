// A listener that is stopped (SIGSTOP) while its queue of one is full: the kernel drops every further SYN, which is what a
// host looks like that is gone without a word. Needs no rights and no packet filter. Used by bench/chaos/blackhole.ts.
import { createServer } from 'node:net';

const server = createServer((socket) => socket.on('error', () => undefined));
server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
  const address = server.address();
  process.send?.({ port: typeof address === 'object' ? address?.port : undefined });
});
process.once('disconnect', () => process.exit(0));
