import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { ConsulClient } from '../../src/consul/consul-client.ts';
import { startDevAgent } from '../../src/dev-agent/dev-agent.ts';

/** What is in the registry: so many services, each with so many instances. */
interface StageSize {
  readonly services: number;
  readonly instances: number;
}

/** Registrations under way at once while the registry is filled. */
const AT_ONCE = 16;
/** Over so many nodes the instances are spread. */
const NODES = 100;

/** The name of a service of the stage. */
export function serviceName(index: number): string {
  return `service-${index}`;
}

/**
 * The embedded registry and an origin, in a process of their own. The instances have addresses of their own within
 * 127.0.0.0/8, tags, meta and a check as real ones have; whoever calls one gets the same origin.
 */
export class RegistryStage implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly registryUrl: string;
  readonly originPort: number;

  private constructor(child: ChildProcess, { registryUrl, originPort }: { registryUrl: string; originPort: number }) {
    this.#child = child;
    this.registryUrl = registryUrl;
    this.originPort = originPort;
  }

  /** Starts both, and returns once everything is registered. */
  static async open({ services, instances }: StageSize): Promise<RegistryStage> {
    const child = spawn(process.execPath, [fileURLToPath(import.meta.url), String(services), String(instances)], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const ended = once(child, 'exit').then(([code]) => {
      throw new Error(`the registry ended with ${code}`);
    });
    const [message] = await Promise.race([once(child, 'message'), ended]);
    ended.catch(() => undefined);
    return new RegistryStage(child, message);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }
}

async function fill(consul: ConsulClient, port: number, { services, instances }: StageSize): Promise<void> {
  let next = 0;
  const register = async (): Promise<void> => {
    for (let at = next++; at < services * instances; at = next++) {
      const name = serviceName(Math.floor(at / instances));
      const address = `127.${1 + (at >> 16)}.${(at >> 8) & 255}.${at & 255}`;
      const id = `${name}-${address}-${port}`;
      await consul.catalog.register({
        node: `node-${at % NODES}`,
        address: `10.0.0.${at % NODES}`,
        service: {
          id,
          name,
          address,
          port,
          tags: ['v1', 'api', `zone-${at % 3}`],
          meta: new Map([
            ['version', '1.4.2'],
            ['zone', `zone-${at % 3}`],
            ['commit', ((at % 5) * 2_654_435_761).toString(16)],
          ]),
        },
        checks: [{ id: `service:${id}`, name: 'http', status: 'passing', serviceId: id }],
      });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, register));
}

async function serve(size: StageSize): Promise<void> {
  const agent = await startDevAgent({ listen: '127.0.0.1:0' });
  const origin = createServer((_request, response) => response.end('hello'));
  origin.listen(0, '0.0.0.0');
  await once(origin, 'listening');
  const bound = origin.address();
  const originPort = typeof bound === 'object' && bound !== null ? bound.port : 0;
  const consul = new ConsulClient({ address: agent.address });
  await fill(consul, originPort, size);
  await consul.close();
  process.once('disconnect', () => process.exit());
  process.send?.({ registryUrl: agent.address, originPort });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await serve({ services: Number(process.argv[2]), instances: Number(process.argv[3]) });
}
