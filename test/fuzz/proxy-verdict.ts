import { type RawAnswer, readAnswer } from '../support/raw-answer.ts';
import { RawClient } from '../support/raw-client.ts';
import { OK, type OriginScript, RecordingOrigin } from '../support/recording-origin.ts';
import { startTestProxy, type TestProxy } from '../support/test-proxy.ts';
import type { Understood } from './node-verdict.ts';

/** What pilotfish made of some bytes. */
export interface ProxyVerdict {
  /** Requests at the origin, in the order in which they were complete. */
  readonly forwarded: readonly Understood[];
  /** All answers, in order; interim ones left out. */
  readonly answers: readonly RawAnswer[];
  /** The last answer is a refusal after which the connection was closed. */
  readonly refused: boolean;
  /** What is wrong whatever the bytes were: the origin got malformed bytes, the client a broken answer or no end. */
  readonly broken: string | undefined;
}

/** A proxy before a recording origin, asked what it makes of bytes. */
export class ProxyParser implements AsyncDisposable {
  readonly origin: RecordingOrigin;
  readonly proxy: TestProxy;
  #seen: Understood[] = [];

  private constructor(origin: RecordingOrigin, proxy: TestProxy) {
    this.origin = origin;
    this.proxy = proxy;
  }

  static async start(): Promise<ProxyParser> {
    const origin = await RecordingOrigin.start();
    return new ProxyParser(origin, await startTestProxy({ upstreams: { svc: [origin.address] } }));
  }

  /** Sends `bytes` on a connection of their own, ends it, and says what was found. */
  async judge(bytes: Buffer): Promise<ProxyVerdict> {
    this.#seen = [];
    this.origin.script = this.#script();
    await using client = await RawClient.connect({ port: this.proxy.port });
    await client.write(bytes);
    client.finish();
    const hang = await client.whenClosed(3000).then(() => undefined, String);
    const verdict = { forwarded: this.#seen, ...readAnswers(client.unread) };
    const broken = this.origin.malformed[0] ?? hang ?? verdict.broken;
    if (broken === undefined) return verdict;
    await this.origin.forget();
    return { ...verdict, broken };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.proxy.close();
    await this.origin[Symbol.asyncDispose]();
  }

  #script(): OriginScript {
    return {
      onHead: (connection, head) => {
        if (/^expect:/im.test(head.toString('latin1'))) connection.send('HTTP/1.1 100 Continue\r\n\r\n');
      },
      onRequest: (connection, { method, target, body, head }) => {
        const fields = head.lines
          .filter((line) => /^x-(?!forwarded)/i.test(line))
          .map((line) => line.replace(/^([^:]*):[ \t]*(.*?)[ \t]*$/, '$1: $2'));
        this.#seen.push({ method, target, body: body.toString('latin1'), fields });
        connection.send(OK);
      },
    };
  }
}

/** Takes a client's bytes apart into answers. */
export function readAnswers(received: Buffer): Pick<ProxyVerdict, 'answers' | 'refused' | 'broken'> {
  const answers: RawAnswer[] = [];
  let broken: string | undefined;
  for (let at = 0; at < received.length; ) {
    try {
      const answer = readAnswer(received.subarray(at), { method: 'GET', ended: true });
      if (answer === undefined) {
        broken = `an answer without an end: ${JSON.stringify(received.toString('latin1', at, at + 300))}`;
        break;
      }
      if (answer.status >= 200) answers.push(answer);
      at += answer.size;
    } catch (error) {
      broken = String(error);
      break;
    }
  }
  const last = answers.at(-1);
  const refused = last !== undefined && isOwn(last) && last.head.value('connection')?.toLowerCase() === 'close';
  return { answers, refused, broken };
}

/** Whether pilotfish made this answer itself. */
export function isOwn(answer: RawAnswer): boolean {
  return answer.head.values('proxy-status').some((value) => /^pilotfish; ?error=/.test(value));
}
