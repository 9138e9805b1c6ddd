import { Agent, createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConsulClient } from '../../src/consul/consul-client.ts';
import { ConsulSource } from '../../src/discovery/consul-source.ts';
import { ConsulTrafficRules } from '../../src/discovery/consul-traffic-rules.ts';
import { ProxyServer } from '../../src/proxy/proxy-server.ts';
import { defaultProxySettings } from '../../src/proxy/proxy-settings.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { seededRandom } from '../../src/runtime/random.ts';
import { UpstreamTable } from '../../src/upstream/upstream-table.ts';
import { testUpstreamSettings } from './test-proxy.ts';

/** Who answered, and what was asked of it. */
export interface RuledAnswer {
  readonly status: number;
  /** As registered: `web v1`. Empty when the proxy answered itself. */
  readonly who: string;
  readonly path: string;
}

/** A proxy that follows a registry's services and traffic rules, and the instances behind it; owned by one test. */
export class RuledProxy implements AsyncDisposable {
  readonly consul: ConsulClient;
  readonly upstreams: UpstreamTable;
  readonly #proxy: ProxyServer;
  readonly #servers: Server[] = [];
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 32 });
  #port = 0;

  private constructor(address: string) {
    this.consul = new ConsulClient({ address });
    const random = seededRandom(7);
    this.upstreams = new UpstreamTable({
      source: new ConsulSource({ consul: this.consul }),
      plans: new ConsulTrafficRules(this.consul),
      settingsFor: ({ name, tag }) =>
        testUpstreamSettings(name, {
          ...(tag === undefined ? {} : { query: { service: name, tag } }),
          ...(name === 'tcp' ? { protocol: 'tcp' } : {}),
        }),
      clock: systemClock,
      random,
    });
    this.#proxy = new ProxyServer({
      settings: defaultProxySettings('test'),
      upstreams: this.upstreams,
      clock: systemClock,
    });
  }

  static async start(address: string): Promise<RuledProxy> {
    const ruled = new RuledProxy(address);
    const listener = await ruled.#proxy.listen({ host: '127.0.0.1', port: 0 });
    ruled.#port = 'port' in listener ? listener.port : 0;
    return ruled;
  }

  /** Starts an instance and registers it with this version in its metadata. */
  async instance(service: string, version: string): Promise<Server> {
    const server = createServer((incoming, response) =>
      response.end(JSON.stringify({ who: `${service} ${version}`, path: incoming.url })),
    );
    this.#servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await this.consul.agent.register({
      id: `${service}-${version}-${port}`,
      name: service,
      address: '127.0.0.1',
      port,
      tags: [version],
      meta: { version },
    });
    return server;
  }

  /** Writes a rule. */
  async rule(kind: string, name: string, rest: Readonly<Record<string, unknown>>): Promise<void> {
    await this.consul.config.put({ Kind: kind, Name: name, ...rest });
  }

  get(target: string, headers: Readonly<Record<string, string>> = {}): Promise<RuledAnswer> {
    return new Promise((resolve, reject) => {
      const sent = request(
        { port: this.#port, host: '127.0.0.1', path: target, headers, agent: this.#agent },
        (answer) => {
          let text = '';
          answer.on('data', (chunk: Buffer) => {
            text += chunk.toString();
          });
          answer.on('end', () => {
            const { who = '', path = '' } = JSON.parse(text) as Partial<RuledAnswer>;
            resolve({ status: answer.statusCode ?? 0, who, path });
          });
        },
      );
      sent.on('error', reject);
      sent.end();
    });
  }

  /** The answer to an HTTP request through a port of its own for the upstream `tcp`, which passes bytes on. */
  async getByTcp(): Promise<string> {
    const bound = await this.#proxy.listen(
      { host: '127.0.0.1', port: 0 },
      { upstream: () => this.upstreams.open({ name: 'tcp' }) },
    );
    const answer = await fetch(`http://127.0.0.1:${'port' in bound ? bound.port : 0}/`);
    return ((await answer.json()) as RuledAnswer).who;
  }

  /** How many of so many requests each instance answered. */
  async share(target: string, count: number): Promise<ReadonlyMap<string, number>> {
    const answered = new Map<string, number>();
    let left = count;
    const worker = async () => {
      while (left-- > 0) {
        const { who } = await this.get(target);
        answered.set(who, (answered.get(who) ?? 0) + 1);
      }
    };
    await Promise.all(Array.from({ length: 16 }, worker));
    return answered;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#agent.destroy();
    await this.#proxy.close();
    await this.upstreams.close();
    await this.consul.close();
    for (const server of this.#servers) {
      server.closeAllConnections();
      server.close();
    }
  }
}
