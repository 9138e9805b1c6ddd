import type { ClientConnection } from '../http1/client-connection.ts';
import type { OriginConnection } from '../http1/origin-connection.ts';
import type { Wire } from '../http1/wire.ts';
import type { ExchangeTimes } from './exchange-times.ts';

/**
 * A client's and an origin's connection, once the origin has switched protocols as it was asked to: bytes pass as they
 * come, and whoever cannot be written to is not read for. One per client connection.
 */
export class Tunnel {
  readonly #client: ClientConnection;
  readonly #times: ExchangeTimes;
  #origin: OriginConnection | undefined = undefined;

  constructor(client: ClientConnection, times: ExchangeTimes) {
    this.#client = client;
    this.#times = times;
  }

  /** Opens it; what the client sent too early goes first. */
  open(origin: OriginConnection): void {
    this.#origin = origin;
    origin.becomeTunnel();
    this.#times.moves(origin);
    this.#client.becomeTunnel();
  }

  /** Lets go of both connections, whatever becomes of them. */
  close(): void {
    this.#origin = undefined;
  }

  fromClient(bytes: Buffer, start: number, end: number): void {
    const origin = this.#origin;
    if (origin === undefined) return;
    origin.wire.passOn(this.#client.wire, bytes, start, end);
    this.#passed(this.#client.wire, origin.wire);
  }

  fromOrigin(bytes: Buffer, start: number, end: number): void {
    const origin = this.#origin;
    if (origin === undefined) return;
    this.#client.wire.passOn(origin.wire, bytes, start, end);
    this.#passed(origin.wire, this.#client.wire);
  }

  clientEnded(): void {
    this.#ends(this.#origin?.wire);
  }

  originEnded(): void {
    this.#ends(this.#client.wire);
  }

  #passed(from: Wire, to: Wire): void {
    if (this.#origin !== undefined) this.#times.moves(this.#origin);
    to.flush();
    if (to.isBlocked) from.pause();
  }

  /** One side has ended: the other hears of it, and has a moment left for what it still has to say. */
  #ends(other: Wire | undefined): void {
    if (this.#origin !== undefined) this.#times.tunnelEnds(this.#origin);
    other?.end();
  }
}
