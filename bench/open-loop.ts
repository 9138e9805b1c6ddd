// Requests at a constant rate, whatever the answers do: `node bench/open-loop.ts PORT PATH RATE SECONDS CONNECTIONS`.
// A latency counts from the moment at which the request was due, so a stall is charged to every request that it held up
// (no coordinated omission). How late the load itself was is told apart: it is the error of the figures.
import { connect, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import type { LoadFigures } from './harness/load-figures.ts';
import { quantile } from './harness/quantiles.ts';

const [port = 0, , rate = 0, seconds = 0, connections = 0] = process.argv.slice(2).map(Number);
const path = process.argv[3] ?? '/';
const request = Buffer.from(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
/** Sent before the figures begin, so that the load's own code has been compiled by then. */
const WARM_UP_SECONDS = 1;
const uncounted = Math.round(rate * WARM_UP_SECONDS);
const count = uncounted + Math.round(rate * seconds);
const periodMs = 1000 / rate;
const now = (): number => performance.timeOrigin + performance.now();

const latencies = new Float64Array(count);
const lateness = new Float64Array(count);
const waiting: number[] = [];
const idle: Line[] = [];
let startMs = 0;
let countsFromMs = 0;
let counted = 0;
let endMs = 0;
let waitingFrom = 0;
let answered = 0;
let errors = 0;

/** Read into by all connections in turn: what is in it is looked at before the next read. */
const inbox = Buffer.allocUnsafe(64 * 1024);
/** `200` in ASCII, where a status line has it. */
const isOk = (bytes: Uint8Array): boolean => bytes[9] === 0x32 && bytes[10] === 0x30 && bytes[11] === 0x30;
/** Length of a whole answer so far: one that comes in one piece of this length needs no second look. */
let usualBytes = -1;

/** One kept connection with at most one request on it. */
class Line {
  readonly #socket: Socket;
  #dueMs = 0;
  #length = -1;
  #got = 0;
  #head = '';

  constructor(connected: () => void) {
    const callback = (bytes: number): boolean => {
      if (this.#got === 0 && bytes === usualBytes && isOk(inbox)) this.#answered();
      else this.#read(inbox.subarray(0, bytes));
      return true;
    };
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true, onread: { buffer: inbox, callback } });
    this.#socket.on('connect', connected);
    this.#socket.on('error', () => this.#socket.destroy());
    this.#socket.on('close', () => {
      errors++;
    });
  }

  ask(dueMs: number): void {
    this.#dueMs = dueMs;
    this.#socket.write(request);
  }

  #read(chunk: Buffer): void {
    this.#got += chunk.length;
    if (this.#length === -1) {
      this.#head += chunk.toString('latin1');
      const end = this.#head.indexOf('\r\n\r\n');
      if (end === -1) return;
      if (!this.#head.startsWith('HTTP/1.1 200')) errors++;
      this.#length = end + 4 + contentLength(this.#head);
    }
    if (this.#got < this.#length) return;
    usualBytes = this.#length;
    this.#length = -1;
    this.#got = 0;
    this.#head = '';
    this.#answered();
  }

  #answered(): void {
    answered++;
    endMs = now();
    if (this.#dueMs >= countsFromMs) latencies[counted++] = endMs - this.#dueMs;
    const next = waiting[waitingFrom];
    if (next === undefined) idle.push(this);
    else {
      waitingFrom++;
      this.ask(next);
    }
  }
}

function contentLength(head: string): number {
  const at = head.search(/\r\ncontent-length: *\d/i);
  if (at !== -1) return Number.parseInt(head.slice(at + 17), 10);
  throw new Error('the open loop needs answers with a Content-Length');
}

function send(from: number, until: number): void {
  for (let i = from; i < until; i++) {
    const due = startMs + i * periodMs;
    lateness[i] = now() - due;
    const line = idle.pop();
    if (line === undefined) waiting.push(due);
    else line.ask(due);
  }
}

function report(): never {
  const sorted = latencies.subarray(0, counted).sort();
  const late = lateness.subarray(uncounted).sort();
  const figures: LoadFigures = {
    units: answered,
    seconds: (endMs - startMs) / 1000,
    errors: errors + (count - answered),
    p50Ms: quantile(sorted, 0.5),
    p99Ms: quantile(sorted, 0.99),
    p999Ms: quantile(sorted, 0.999),
    lateP50Ms: quantile(late, 0.5),
    lateP99Ms: quantile(late, 0.99),
    wantedPerSecond: rate,
  };
  process.stdout.write(`${JSON.stringify(figures)}\n`);
  process.exit(0);
}

function run(): void {
  startMs = now() + 300;
  countsFromMs = startMs + WARM_UP_SECONDS * 1000 - periodMs / 2;
  const metronome = new Worker(new URL('./metronome.ts', import.meta.url), {
    workerData: { startMs, periodMs, count },
  });
  let sent = 0;
  metronome.on('message', (due: number) => {
    send(sent, due);
    sent = due;
  });
  const checker = setInterval(() => {
    const isOver = now() > startMs + (WARM_UP_SECONDS + seconds + 3) * 1000;
    if (answered === count || isOver) {
      clearInterval(checker);
      report();
    }
  }, 50);
}

let connected = 0;
for (let i = 0; i < connections; i++) {
  const line: Line = new Line(() => {
    idle.push(line);
    if (++connected === connections) run();
  });
}
