import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { Flag, Frame, frame, PREFACE, readFrames, settingsFrame } from './h2-frames.ts';

/** What is answered on a stream, made when its number is known. */
export interface FrameAnswer {
  /** In the pieces in which it is sent. */
  readonly pieces: (stream: number) => readonly Buffer[];
  /** What follows the last piece. */
  readonly afterwards: 'stay' | 'end' | 'reset';
}

/** A server of HTTP/2 on plain TCP that answers each request with the frames that it is told to, however wrong. */
export class RawH2Origin implements AsyncDisposable {
  /** Gives the answer of the next request, in the order in which they come. */
  answer: () => FrameAnswer;
  readonly #server: Server;
  readonly #open = new Set<Socket>();

  private constructor(answer: () => FrameAnswer) {
    this.answer = answer;
    this.#server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
  }

  static async start(answer: () => FrameAnswer): Promise<RawH2Origin> {
    const origin = new RawH2Origin(answer);
    origin.#server.listen(0, '127.0.0.1');
    await once(origin.#server, 'listening');
    return origin;
  }

  get address(): string {
    const address = this.#server.address();
    return `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#open) socket.destroy();
    await closed;
  }

  #accept(socket: Socket): void {
    this.#open.add(socket);
    socket.once('close', () => this.#open.delete(socket));
    socket.on('error', () => undefined);
    let bytes = Buffer.alloc(0);
    let hasPreface = false;
    // One answer after the other, or pieces of one would stand within frames of another.
    let said = Promise.resolve();
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      if (!hasPreface) {
        if (bytes.length < PREFACE.length) return;
        bytes = bytes.subarray(PREFACE.length);
        hasPreface = true;
        socket.write(settingsFrame([[3, 100]]));
      }
      for (const each of readFrames(bytes)) {
        bytes = bytes.subarray(9 + each.payload.length);
        if (each.type === Frame.SETTINGS && each.flags === 0) socket.write(frame(Frame.SETTINGS, Flag.ACK, 0));
        if (each.type === Frame.PING && each.flags === 0) socket.write(frame(Frame.PING, Flag.ACK, 0, each.payload));
        const isRequest = each.type === Frame.HEADERS || each.type === Frame.DATA;
        if (!isRequest || (each.flags & Flag.END_STREAM) === 0) continue;
        const answer = this.answer();
        said = said.then(() => give(socket, answer, each.stream));
      }
    });
  }
}

async function give(socket: Socket, { pieces, afterwards }: FrameAnswer, stream: number): Promise<void> {
  for (const piece of pieces(stream)) {
    if (!socket.writable) return;
    socket.write(piece);
    await turn();
  }
  if (afterwards === 'end') socket.end();
  if (afterwards === 'reset') socket.resetAndDestroy();
}
