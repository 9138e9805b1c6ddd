import { type DevAgent, startDevAgent } from '../../src/dev-agent/dev-agent.ts';
import { freePorts } from './free-port.ts';
import { consulBin, RealConsul } from './real-consul.ts';

/** A registry that a test may take down and bring back without its state, on the same address. */
export interface TestRegistry extends AsyncDisposable {
  readonly address: string;
  /** Gone at once, with its state. */
  kill(): Promise<void>;
  /** There again, empty. */
  resume(): Promise<void>;
}

/** Where the same cases run: on the embedded registry always, on a real Consul where there is one. */
export const registries: readonly { readonly name: string; readonly start: () => Promise<TestRegistry> }[] = [
  { name: 'the embedded registry', start: startEmbedded },
  ...(consulBin === undefined ? [] : [{ name: 'a real Consul', start: startReal }]),
];

async function startReal(): Promise<TestRegistry> {
  const consul = await RealConsul.start();
  return {
    address: consul.address,
    kill: () => consul.kill(),
    resume: () => consul.resume(),
    [Symbol.asyncDispose]: () => consul[Symbol.asyncDispose](),
  };
}

async function startEmbedded(): Promise<TestRegistry> {
  const [port = 0] = await freePorts(1);
  const start = () => startDevAgent({ listen: `127.0.0.1:${port}`, node: 'node-1' });
  let agent: DevAgent | undefined = await start();
  const kill = async () => {
    await agent?.close();
    agent = undefined;
  };
  return {
    address: `http://127.0.0.1:${port}`,
    kill,
    async resume() {
      agent = await start();
    },
    [Symbol.asyncDispose]: kill,
  };
}
