import type { ClientFacts } from './client-span.ts';
import type { ServerFacts } from './server-span.ts';
import type { SpanFrame } from './span-frame.ts';
import type { SpanRecord } from './span-record.ts';

/** The ids of a row: the trace's, the span's and its parent's, a byte a digit. */
const TRACE_ID = 32;
const SPAN_ID = 16;
const IDS = TRACE_ID + 2 * SPAN_ID;

type Writable<T> = { -readonly [key in keyof T]: T[key] };

/** A span's values but for its ids. A row that has been of both kinds keeps room for both. */
class SpanRow {
  kind: SpanRecord['kind'] = 'server';
  hasParent = false;
  parentIsRemote = false;
  traceState: string | undefined = undefined;
  startMs = 0;
  endMs = 0;
  attempts = 0;
  server: Writable<ServerFacts> | undefined = undefined;
  client: Writable<ClientFacts> | undefined = undefined;
}

/**
 * Spans that wait, in the order in which they came, as rows that are used again. They wait for longer than V8's young
 * generation lasts: as objects, nearly a kilobyte for each sampled request would be moved into the old one, to be found
 * dead there by a full collection.
 */
export class SpanRows {
  readonly #capacity: number;
  /** A ring. Made one by one, as they are first needed. */
  readonly #rows: SpanRow[] = [];
  #ids: Buffer = Buffer.alloc(0);
  #first = 0;
  #count = 0;

  /** @param capacity how many spans may wait */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** How many spans wait. */
  get count(): number {
    return this.#count;
  }

  /** Copies a span. Returns false when there is no room for it. */
  push(span: SpanRecord): boolean {
    if (this.#count >= this.#capacity) return false;
    if (this.#count === 0) this.#first = 0;
    const at = (this.#first + this.#count) % this.#capacity;
    this.#count += 1;
    this.#writeIds(at, span);
    const row = this.#rowAt(at);
    row.kind = span.kind;
    row.hasParent = span.parentSpanId !== undefined;
    row.parentIsRemote = span.parentIsRemote;
    row.traceState = span.traceState;
    row.startMs = span.startMs;
    row.endMs = span.endMs;
    if (span.kind === 'client') {
      if (row.client === undefined) row.client = { ...span.facts };
      else copyClient(span.facts, row.client);
    } else {
      row.attempts = span.attempts;
      if (row.server === undefined) row.server = { ...span.facts };
      else copyServer(span.facts, row.server);
    }
    return true;
  }

  /** Takes out the oldest spans, `most` of them or as many as there are. */
  take(most: number): SpanRecord[] {
    const taken = Array.from({ length: Math.min(most, this.#count) }, (_, index) =>
      this.#read((this.#first + index) % this.#capacity),
    );
    this.#first = (this.#first + taken.length) % this.#capacity;
    this.#count -= taken.length;
    return taken;
  }

  #rowAt(at: number): SpanRow {
    const row = this.#rows[at] ?? new SpanRow();
    this.#rows[at] = row;
    return row;
  }

  #writeIds(at: number, { traceId, spanId, parentSpanId }: SpanFrame): void {
    const start = at * IDS;
    if (this.#ids.length < start + IDS) this.#growIds(start + IDS);
    this.#ids.write(traceId, start, 'latin1');
    this.#ids.write(spanId, start + TRACE_ID, 'latin1');
    if (parentSpanId !== undefined) this.#ids.write(parentSpanId, start + TRACE_ID + SPAN_ID, 'latin1');
  }

  #growIds(needed: number): void {
    const grown = Buffer.alloc(Math.max(needed, Math.min(2 * this.#ids.length, this.#capacity * IDS)));
    this.#ids.copy(grown);
    this.#ids = grown;
  }

  #read(at: number): SpanRecord {
    const { kind, hasParent, parentIsRemote, traceState, startMs, endMs, attempts, server, client } = this.#rowAt(at);
    const start = at * IDS;
    const spanAt = start + TRACE_ID;
    const parentAt = spanAt + SPAN_ID;
    const traceId = this.#ids.toString('latin1', start, spanAt);
    const spanId = this.#ids.toString('latin1', spanAt, parentAt);
    const parentSpanId = hasParent ? this.#ids.toString('latin1', parentAt, parentAt + SPAN_ID) : undefined;
    if (kind === 'client') {
      const facts = { ...(client as ClientFacts) };
      return { kind, traceId, spanId, parentSpanId, parentIsRemote, traceState, startMs, endMs, facts };
    }
    const facts = { ...(server as ServerFacts) };
    return { kind, traceId, spanId, parentSpanId, parentIsRemote, traceState, startMs, endMs, attempts, facts };
  }
}

// Field by field: `Object.assign` looks each up by its name.

function copyServer(from: ServerFacts, to: Writable<ServerFacts>): void {
  to.method = from.method;
  to.upstream = from.upstream;
  to.path = from.path;
  to.scheme = from.scheme;
  to.status = from.status;
  to.errorType = from.errorType;
  to.clientAddress = from.clientAddress;
  to.protocolVersion = from.protocolVersion;
}

function copyClient(from: ClientFacts, to: Writable<ClientFacts>): void {
  to.method = from.method;
  to.upstream = from.upstream;
  to.endpointId = from.endpointId;
  to.host = from.host;
  to.port = from.port;
  to.status = from.status;
  to.errorType = from.errorType;
  to.resendCount = from.resendCount;
}
