import type { ClientConnection } from '../http1/client-connection.ts';
import type { OriginConnection } from '../http1/origin-connection.ts';
import { bodilessResponseDrop, responseDrop, unchunkedResponseDrop } from './forwarded-fields.ts';

/** Passes an origin's answer on to the caller, framed so that the caller can tell where it ends. One per connection. */
export class ResponseRelay {
  /** The final head is on its way: the answer can no longer be replaced by another. */
  hasBegun = false;
  status = 0;
  readonly #client: ClientConnection;
  /** We frame the content ourselves: the origin delimits by close, the caller takes chunks. */
  #makesChunks = false;
  /** Only closing tells the caller where the answer ends. */
  #needsClose = false;

  constructor(client: ClientConnection) {
    this.#client = client;
  }

  reset(): void {
    this.hasBegun = false;
    this.status = 0;
    this.#makesChunks = false;
    this.#needsClose = false;
  }

  /** Whether the caller's connection must be closed after this answer. */
  get needsClose(): boolean {
    return this.#needsClose;
  }

  /** Passes an interim answer (1xx) on, to callers that know them. */
  interim(origin: OriginConnection): void {
    if (this.#client.request.minorVersion === 0) return;
    this.#client.wire.text(this.#head(origin, bodilessResponseDrop, ''));
  }

  /** Begins the final answer. `closes`: the connection will be closed after it. */
  begin(origin: OriginConnection, closes: boolean): void {
    const { response, framing } = origin;
    const { minorVersion, keepAlive } = this.#client.request;
    const takesChunks = minorVersion === 1;
    this.hasBegun = true;
    this.status = response.status;
    this.#makesChunks = framing === 'close' && takesChunks;
    this.#needsClose = closes || (!takesChunks && (framing === 'close' || framing === 'chunked'));
    origin.passesChunks = takesChunks;
    let drop = takesChunks ? responseDrop : unchunkedResponseDrop;
    if (response.status === 204) drop = bodilessResponseDrop;
    let added = this.#makesChunks ? 'Transfer-Encoding: chunked\r\n' : '';
    if (this.#needsClose) added += 'Connection: close\r\n';
    else if (minorVersion === 0 && keepAlive) added += 'Connection: keep-alive\r\n';
    this.#client.wire.text(this.#head(origin, drop, added));
  }

  /** Passes the switch to another protocol on. */
  switchProtocol(origin: OriginConnection): void {
    this.hasBegun = true;
    this.status = 101;
    this.#client.wire.text(this.#head(origin, bodilessResponseDrop, 'Connection: Upgrade\r\nUpgrade: websocket\r\n'));
    this.#client.wire.flush();
  }

  /** Passes a piece of the body on; returns false when the origin should pause. */
  body(origin: OriginConnection, bytes: Buffer, start: number, end: number): boolean {
    const { wire } = this.#client;
    if (this.#makesChunks) wire.text(`${(end - start).toString(16)}\r\n`);
    wire.passOn(origin.wire, bytes, start, end);
    if (this.#makesChunks) wire.text('\r\n');
    return !wire.isBlocked;
  }

  /** Ends the body. */
  end(): void {
    if (this.#makesChunks) this.#client.wire.text('0\r\n\r\n');
  }

  #head({ response }: OriginConnection, drop: Uint8Array, added: string): string {
    return `${response.kept(drop)}${added}\r\n`;
  }
}
