import { setImmediate as turn } from 'node:timers/promises';
import { RawClient } from '../support/raw-client.ts';
import type { OriginConnection } from '../support/recording-origin.ts';
import { type Fuzz, must, soon } from './must.ts';
import { ProxyStage } from './proxy-stage.ts';
import { type TunnelCase, tunnelCase } from './tunnel-case.ts';

const LIMIT_MS = 10_000;

/** Plays WebSocket upgrades, cut at every byte, granted, declined and broken, and what goes through their tunnels. */
export class TunnelFuzz implements Fuzz {
  readonly #stage: ProxyStage;
  /** Ends with the answer's last piece. */
  #said: Promise<void> = Promise.resolve();

  private constructor(stage: ProxyStage) {
    this.#stage = stage;
  }

  static async start(): Promise<TunnelFuzz> {
    return new TunnelFuzz(await ProxyStage.start({ timeouts: { idleMs: 5000 } }));
  }

  async play(seed: number): Promise<void> {
    const played = tunnelCase(seed);
    let through = '';
    await this.#stage.origin.forget({
      onRequest: (connection) => {
        must(connection.rest.length === 0, 'the origin got bytes before it said 101');
        this.#said = this.#answer(connection, played);
      },
      onTunnel: (_connection, bytes) => {
        through += bytes.toString('latin1');
      },
    });
    await using client = await RawClient.connect({ port: this.#stage.proxy.port });
    for (const piece of played.asked) {
      await client.write(piece);
      await turn();
    }
    if (played.fate === 'tunnel') await this.#converse(played, client, () => through);
    else await this.#refused(played, client);
    await soon('all leases to be given back', () => this.#stage.proxy.upstreams.get('svc')?.inFlight === 0);
    const { requests, malformed } = this.#stage.origin;
    must(requests.length <= 2, `${requests.length} requests came of one`);
    must(
      requests.every(({ target }) => target === '/ws'),
      `a request to ${requests.at(-1)?.target} was hidden in another`,
    );
    must(malformed[0] === undefined, `the origin got what is no request: ${malformed[0]}`);
    await this.#stage.origin.forget();
    await using next = await RawClient.connect({ port: this.#stage.proxy.port });
    const { status } = await next.ask('GET /svc/next HTTP/1.1\r\nHost: localhost\r\n\r\n');
    must(status === 200, `the next request got ${status}`);
  }

  shown(seed: number): string {
    const { asked, answered, ...rest } = tunnelCase(seed);
    const { fate, what, end, early, behind } = rest;
    const texts = { early: early.toString('latin1'), behind: behind.toString('latin1') };
    return JSON.stringify({ fate, what, end, ...texts, asked: asked.map(String), answered: answered.map(String) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stage[Symbol.asyncDispose]();
  }

  async #answer(connection: OriginConnection, { answered, fate, what }: TunnelCase): Promise<void> {
    if (fate === 'tunnel') connection.tunnel();
    for (const piece of answered) {
      connection.send(piece);
      await turn();
    }
    if (what === 'an early end' || what === 'half a 101') connection.end();
  }

  /** Every byte arrives, in order, and the end does too. */
  async #converse(
    { early, behind, upwards, downwards, end }: TunnelCase,
    client: RawClient,
    through: () => string,
  ): Promise<void> {
    const { status } = await client.readFinal('GET', LIMIT_MS);
    must(status === 101, `the upgrade was answered ${status}`);
    const [origin] = this.#stage.origin.connections.slice(-1) as [OriginConnection];
    for (const piece of upwards) await client.write(piece);
    await this.#said;
    for (const piece of downwards) origin.send(piece);
    const up = Buffer.concat([early, ...upwards]).toString('latin1');
    const down = Buffer.concat([behind, ...downwards]).toString('latin1');
    const isThrough = () => through().length >= up.length && client.unread.length >= down.length;
    await soon('all bytes to go through', () => isThrough(), LIMIT_MS);
    must(through() === up, 'the origin got other bytes than the client sent');
    must(client.unread.toString('latin1') === down, 'the client got other bytes than the origin sent');
    if (end.by === 'client') {
      if (end.how === 'end') client.finish();
      else client.reset();
      await this.#stage.origin.until(
        () => origin.closing !== 'open',
        'the end of the client to reach the origin',
        LIMIT_MS,
      );
      origin.end();
    } else {
      if (end.how === 'end') origin.end();
      else origin.reset();
      await client.whenClosed(LIMIT_MS);
      client.finish();
    }
  }

  /** The answer is passed on, or is a 502; nothing of what came early is taken for a request. */
  async #refused({ fate, early }: TunnelCase, client: RawClient): Promise<void> {
    const { status } = await client.readFinal('GET', LIMIT_MS);
    must(status === (fate === 'declined' ? 426 : 502), `the upgrade was answered ${status}`);
    if (early.length === 0) client.finish();
    await client.whenClosed(LIMIT_MS);
    must(!/ 200 /.test(client.unread.toString('latin1')), 'what came early was answered');
  }
}
