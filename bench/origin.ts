// The origin behind every contestant where nginx cannot answer: echoes, sinks, chunks, upgrades. `node bench/origin.ts PORT`.
// On raw sockets, because node:http would cost more here than the cheapest contestant does in the middle.
import { createHash } from 'node:crypto';
import { createServer, type Socket } from 'node:net';
import { ChunkCounter } from './harness/chunk-counter.ts';

const HEAD_END = Buffer.from('\r\n\r\n');
const SMALL = Buffer.from('hello from the origin');
const LARGE = Buffer.alloc(64 * 1024, 'abcdefghijklmnopqrstuvwxyz');
const GIB = 1024 ** 3;
let connections = 0;
let spanBatches = 0;

interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly head: string;
  readonly body: Buffer;
  readonly bodyBytes: number;
}

function answer(status: string, body: Buffer | string, fields = ''): Buffer {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  return Buffer.concat([
    Buffer.from(
      `HTTP/1.1 ${status}\r\nServer: origin\r\nContent-Type: text/plain\r\n${fields}Content-Length: ${bytes.length}\r\n\r\n`,
    ),
    bytes,
  ]);
}

const small = answer('200 OK', SMALL);
const large = answer('200 OK', LARGE);

function sendGib(socket: Socket): void {
  socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${GIB}\r\n\r\n`);
  let left = GIB;
  const pump = (): void => {
    while (left > 0) {
      left -= LARGE.length;
      if (!socket.write(LARGE)) {
        socket.once('drain', pump);
        return;
      }
    }
  };
  pump();
}

/** Answers one request; the paths are what the gate and the scenarios ask for. */
function respond(socket: Socket, { method, path, head, body, bodyBytes }: Exchange): void {
  if (path === '/small') {
    const end = small.length - SMALL.length;
    socket.write(method === 'HEAD' ? small.subarray(0, end) : small);
  } else if (path === '/64k') socket.write(large);
  else if (path === '/1g') sendGib(socket);
  else if (path === '/sink') socket.write(answer('200 OK', `{"bytes":${bodyBytes}}`));
  else if (path === '/echo') socket.write(answer('200 OK', body));
  else if (path === '/inspect') socket.write(answer('200 OK', head));
  else if (path === '/connections') socket.write(answer('200 OK', String(connections)));
  else if (path === '/cookies')
    socket.write(answer('200 OK', '', 'Set-Cookie: a=1\r\nX-Origin: yes\r\nSet-Cookie: b=2\r\n'));
  else if (path === '/v1/traces' || path === '/v1/metrics') {
    if (path === '/v1/traces') spanBatches++;
    socket.write(answer('200 OK', ''));
  } else if (path === '/span-batches') socket.write(answer('200 OK', String(spanBatches)));
  else if (path === '/empty') socket.write('HTTP/1.1 204 No Content\r\n\r\n');
  else if (path === '/chunked') {
    socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n');
    setTimeout(() => socket.write('7\r\n chunks\r\n0\r\n\r\n'), 5);
  } else socket.write(answer('404 Not Found', 'no such path'));
}

/** Reads a chunked body that lies whole in `bytes`; undefined if its end is not there yet. */
function dechunk(bytes: Buffer): { body: Buffer; end: number } | undefined {
  const parts: Buffer[] = [];
  let at = 0;
  for (;;) {
    const line = bytes.indexOf('\r\n', at);
    if (line === -1) return undefined;
    const size = Number.parseInt(bytes.toString('latin1', at, line), 16);
    if (size === 0) {
      const end = bytes.indexOf(HEAD_END, line);
      return end === -1 ? undefined : { body: Buffer.concat(parts), end: end + 4 };
    }
    if (bytes.length < line + 2 + size + 2) return undefined;
    parts.push(bytes.subarray(line + 2, line + 2 + size));
    at = line + 2 + size + 2;
  }
}

/** Echoes small text and binary frames (payload under 126 bytes), unmasked, as RFC 6455 §5.1 wants it from a server. */
function echoFrames(socket: Socket, first: Buffer): void {
  let pending = first;
  const read = (chunk: Buffer): void => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    const replies: Buffer[] = [];
    while (pending.length >= 6) {
      const size = (pending[1] ?? 0) & 0x7f;
      if (pending.length < 6 + size) break;
      const reply = Buffer.allocUnsafe(2 + size);
      reply[0] = pending[0] ?? 0;
      reply[1] = size;
      for (let i = 0; i < size; i++) reply[2 + i] = (pending[6 + i] ?? 0) ^ (pending[2 + (i & 3)] ?? 0);
      replies.push(reply);
      pending = pending.subarray(6 + size);
    }
    if (replies.length > 0) socket.write(replies.length === 1 ? (replies[0] as Buffer) : Buffer.concat(replies));
  };
  socket.on('data', read);
  if (pending.length > 0) read(Buffer.alloc(0));
}

function accept(socket: Socket, head: string, rest: Buffer): void {
  const key = /^sec-websocket-key: *(.*)\r$/im.exec(`${head}\r\n`)?.[1] ?? '';
  const proof = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${proof}\r\n\r\n`,
  );
  socket.removeAllListeners('data');
  echoFrames(socket, rest);
}

class Connection {
  readonly #socket: Socket;
  #pending: Buffer = Buffer.alloc(0);
  /** What is left of a body that is counted and thrown away. */
  #skip = 0;
  #counted: Exchange | undefined;
  #chunks: ChunkCounter | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('error', () => socket.destroy());
  }

  #read(chunk: Buffer): void {
    let rest = chunk;
    if (this.#chunks !== undefined) {
      const behind = this.#chunks.take(chunk);
      if (behind === undefined) return;
      this.#socket.write(answer('200 OK', `{"bytes":${this.#chunks.bytes}}`));
      this.#chunks = undefined;
      rest = chunk.subarray(chunk.length - behind);
    } else if (this.#skip > 0) {
      const taken = Math.min(this.#skip, rest.length);
      this.#skip -= taken;
      if (this.#skip > 0) return;
      if (this.#counted !== undefined) respond(this.#socket, this.#counted);
      this.#counted = undefined;
      rest = rest.subarray(taken);
    }
    this.#pending = this.#pending.length === 0 ? rest : Buffer.concat([this.#pending, rest]);
    while (this.#pending.length > 0 && this.#skip === 0 && this.#takeOne());
  }

  /** Takes one request off the bytes that have come; false if it is not all there. */
  #takeOne(): boolean {
    const bytes = this.#pending;
    const end = bytes.indexOf(HEAD_END);
    if (end === -1) return false;
    const head = bytes.toString('latin1', 0, end);
    const [method = '', target = ''] = head.split(' ', 2);
    const path = target.startsWith('/bench/') ? target.slice(6) : target;
    const rest = bytes.subarray(end + 4);
    if (/^upgrade: *websocket\r?$/im.test(head)) {
      this.#pending = Buffer.alloc(0);
      accept(this.#socket, head, rest);
      return false;
    }
    return this.#takeBody({ method, path, head }, rest);
  }

  #takeBody(request: Pick<Exchange, 'method' | 'path' | 'head'>, rest: Buffer): boolean {
    if (/^transfer-encoding: *chunked\r?$/im.test(request.head)) {
      if (request.path === '/sink') {
        this.#chunks = new ChunkCounter();
        this.#pending = Buffer.alloc(0);
        this.#read(rest);
        return false;
      }
      const chunked = dechunk(rest);
      if (chunked === undefined) return false;
      respond(this.#socket, { ...request, body: chunked.body, bodyBytes: chunked.body.length });
      this.#pending = rest.subarray(chunked.end);
      return true;
    }
    const length = Number(/^content-length: *(\d+)\r?$/im.exec(request.head)?.[1] ?? 0);
    if (rest.length >= length) {
      respond(this.#socket, { ...request, body: rest.subarray(0, length), bodyBytes: length });
      this.#pending = rest.subarray(length);
      return true;
    }
    if (request.path !== '/sink') return false;
    this.#counted = { ...request, body: Buffer.alloc(0), bodyBytes: length };
    this.#skip = length - rest.length;
    this.#pending = Buffer.alloc(0);
    return true;
  }
}

createServer((socket) => {
  connections++;
  new Connection(socket);
}).listen(Number(process.argv[2]), '127.0.0.1');
