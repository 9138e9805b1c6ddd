// One large body, one connection: `node bench/body-load.ts download|upload PORT BYTES`. Tells MiB and seconds.
import { connect } from 'node:net';
import type { LoadFigures } from './harness/load-figures.ts';

const [direction, portText, bytesText] = process.argv.slice(2);
const port = Number(portText);
const bytes = Number(bytesText);
const startedMs = performance.now();

function report(errors: number): never {
  const figures: LoadFigures = { units: bytes / 1024 ** 2, seconds: (performance.now() - startedMs) / 1000, errors };
  process.stdout.write(`${JSON.stringify(figures)}\n`);
  process.exit(0);
}

/** Reads into one buffer over and over, so that the load is cheaper than what it measures. */
function download(): void {
  let headEnd = -1;
  let got = 0;
  let head = '';
  connect({
    port,
    host: '127.0.0.1',
    onread: {
      buffer: Buffer.allocUnsafe(256 * 1024),
      callback(count, buffer) {
        got += count;
        if (headEnd === -1) {
          head += Buffer.from(buffer.subarray(0, Math.min(count, 8192))).toString('latin1');
          headEnd = head.indexOf('\r\n\r\n');
          if (headEnd === -1) return true;
          if (!new RegExp(`^HTTP/1.1 200[^]*\r\ncontent-length: *${bytes}\r\n`, 'i').test(head)) report(1);
        }
        if (got >= headEnd + 4 + bytes) report(got === headEnd + 4 + bytes ? 0 : 1);
        return true;
      },
    },
  })
    .on('error', () => report(1))
    .on('close', () => report(1))
    .write(`GET /bench/1g HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
}

function upload(): void {
  const piece = Buffer.alloc(256 * 1024, 'x');
  const socket = connect(port, '127.0.0.1');
  let left = bytes;
  let reply = '';
  const pump = (): void => {
    while (left > 0) {
      const size = Math.min(left, piece.length);
      left -= size;
      if (!socket.write(size === piece.length ? piece : piece.subarray(0, size))) return;
    }
  };
  socket.on('drain', pump);
  socket.on('data', (chunk) => {
    reply += chunk.toString('latin1');
    if (reply.includes('}')) report(reply.startsWith('HTTP/1.1 200') && reply.includes(`{"bytes":${bytes}}`) ? 0 : 1);
  });
  socket.on('error', () => report(1));
  socket.on('close', () => report(1));
  socket.write(`POST /bench/sink HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Length: ${bytes}\r\n\r\n`);
  pump();
}

if (direction === 'download') download();
else upload();
