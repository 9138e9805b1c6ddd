// Text frames of 64 bytes, echoed; each connection sends the next when it has the last one back.
// `node bench/websocket-load.ts PORT CONNECTIONS SECONDS`
import { connect } from 'node:net';
import type { LoadFigures } from './harness/load-figures.ts';
import { quantile } from './harness/quantiles.ts';

const [port = 0, connections = 0, seconds = 0] = process.argv.slice(2).map(Number);
const PAYLOAD_BYTES = 64;
/** As the echo comes back: unmasked. */
const ECHO_BYTES = 2 + PAYLOAD_BYTES;
/** FIN and text, masked with a key of zeros, which leaves the payload as it is. */
const frame = Buffer.concat([Buffer.from([0x81, 0x80 | PAYLOAD_BYTES, 0, 0, 0, 0]), Buffer.alloc(PAYLOAD_BYTES, 'w')]);
const handshake = `GET /bench/socket HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`;
const latencies: number[] = [];
const startedMs = performance.now();
let errors = 0;

function open(): void {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  let isOpen = false;
  let head = '';
  let got = 0;
  let sentMs = 0;
  const send = (): void => {
    sentMs = performance.now();
    socket.write(frame);
  };
  socket.on('data', (chunk: Buffer) => {
    if (!isOpen) {
      head += chunk.toString('latin1');
      if (!head.endsWith('\r\n\r\n')) return;
      isOpen = head.startsWith('HTTP/1.1 101');
      if (isOpen) send();
      else socket.destroy();
      return;
    }
    got += chunk.length;
    if (got < ECHO_BYTES) return;
    if (got > ECHO_BYTES) errors++;
    latencies.push(performance.now() - sentMs);
    got = 0;
    send();
  });
  socket.on('error', () => socket.destroy());
  socket.on('close', () => errors++);
  socket.write(handshake);
}

for (let i = 0; i < connections; i++) open();
setTimeout(() => {
  const sorted = Float64Array.from(latencies).sort();
  const figures: LoadFigures = {
    units: sorted.length,
    seconds: (performance.now() - startedMs) / 1000,
    errors,
    p50Ms: quantile(sorted, 0.5),
    p99Ms: quantile(sorted, 0.99),
    p999Ms: quantile(sorted, 0.999),
  };
  process.stdout.write(`${JSON.stringify(figures)}\n`);
  process.exit(0);
}, seconds * 1000);
