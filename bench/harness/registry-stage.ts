import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { ConsulClient } from '../../src/consul/consul-client.ts';
import { startDevAgent } from '../../src/dev-agent/dev-agent.ts';
import { serviceName, startGeneratedRegistry } from './generated-registry.ts';

/** What is in the registry: so many services, each with so many instances. */
interface StageSize {
  readonly services: number;
  readonly instances: number;
}

/**
 * A registry and an origin, in a process of their own. The instances have addresses of their own within 127.0.0.0/8,
 * tags, meta and a check as real ones have; whoever calls one gets the same origin. A registry in which something is
 * registered is the embedded one; a catalog that is only looked at may be of any size.
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

async function startRegistry({ services, instances }: StageSize, port: number): Promise<string> {
  if (services > 1) return await startGeneratedRegistry({ services, instances, port });
  const { address } = await startDevAgent({ listen: '127.0.0.1:0' });
  await using consul = new ConsulClient({ address });
  const name = serviceName(0);
  for (let at = 0; at < instances; at++)
    await consul.agent.register({ id: `${name}-${at}`, name, address: `127.0.1.${at}`, port, tags: ['v1'] });
  return address;
}

async function serve(size: StageSize): Promise<void> {
  const origin = createServer((_request, response) => response.end('hello'));
  origin.listen(0, '0.0.0.0');
  await once(origin, 'listening');
  const bound = origin.address();
  const originPort = typeof bound === 'object' && bound !== null ? bound.port : 0;
  process.once('disconnect', () => process.exit());
  process.send?.({ registryUrl: await startRegistry(size, originPort), originPort });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await serve({ services: Number(process.argv[2]), instances: Number(process.argv[3]) });
}
