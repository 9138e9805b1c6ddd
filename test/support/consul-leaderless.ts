import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from './free-port.ts';
import { consulBin } from './real-consul.ts';

/** A real Consul server that waits for two others which never come: it has no leader. */
export async function startLeaderless(): Promise<AsyncDisposable & { readonly address: string }> {
  const dir = await mkdtemp(join(tmpdir(), 'pilotfish-leaderless-'));
  const [http, server, serfLan, serfWan] = await freePorts(4);
  const config = {
    server: true,
    bootstrap_expect: 3,
    data_dir: join(dir, 'data'),
    bind_addr: '127.0.0.1',
    node_name: 'alone',
    log_level: 'err',
    disable_update_check: true,
    ports: { http, server, serf_lan: serfLan, serf_wan: serfWan, grpc: -1, dns: -1 },
  };
  await writeFile(join(dir, 'agent.json'), JSON.stringify(config));
  const child = spawn(consulBin ?? 'consul', ['agent', `-config-file=${join(dir, 'agent.json')}`], { stdio: 'ignore' });
  const address = `http://127.0.0.1:${http}`;
  const stop = async () => {
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
    await rm(dir, { recursive: true, force: true });
  };
  for (let attempt = 0; attempt < 200; attempt++) {
    const up = await fetch(`${address}/v1/agent/self`).then(
      (answer) => answer.ok,
      () => false,
    );
    if (up) return { address, [Symbol.asyncDispose]: stop };
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await stop();
  throw new Error('the leaderless agent did not come up');
}
