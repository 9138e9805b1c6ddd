import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { accepts } from '../../../bench/harness/pinned-process.ts';
import { type AppPort, heldPort } from '../../../src/app/app-port.ts';
import { loadConfig } from '../../../src/app/load-config.ts';
import { createLogger } from '../../../src/app/logging.ts';
import { Sidecar } from '../../../src/app/sidecar.ts';
import { freePorts } from '../../support/free-port.ts';

async function listenAt(port: number): Promise<Server> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return server;
}

it('keeps a port from everybody until it is released, for the app to listen on', async () => {
  const held = await heldPort();
  await expect(listenAt(held.number)).rejects.toThrow('EADDRINUSE');
  await held.release();
  await held.release();
  await listenAt(held.number);
});

it('is released when every port of the sidecar’s own is open, and before anybody asks there for the app', async () => {
  const [proxy = 0, upstream = 0, admin = 0, health = 0] = await freePorts(4);
  const own = [proxy, upstream, admin, health];
  const app = await listenAt(0);
  const { port } = app.address() as { port: number };
  const seen: string[] = [];
  const askedFor = once(app, 'connection').then(() => seen.push('asked for the app'));
  const appPort: AppPort = {
    number: port,
    release: async () => {
      const taken = await Promise.all(own.map(accepts));
      seen.push(`released while ${taken.filter(Boolean).length} of its ports are open`);
    },
  };
  const tree = {
    consul: { address: '127.0.0.1:1' },
    service: { name: 'orders', port: 0, address: '127.0.0.1', healthListen: `127.0.0.1:${health}` },
    proxy: { listen: `127.0.0.1:${proxy}` },
    admin: { listen: `127.0.0.1:${admin}` },
    upstreams: { stock: { listen: `127.0.0.1:${upstream}`, endpoints: ['127.0.0.1:1'] } },
    telemetry: { logs: { level: 'error' } },
  };
  const loaded = loadConfig([{ tree, whereIs: () => undefined }]);
  const { logger, writer } = createLogger(loaded.config.telemetry.logs);
  const worker = { program: '', args: [] };
  await using _ = await Sidecar.start({ loaded, logger, writer, worker, appPort });
  await askedFor;
  expect(seen).toEqual(['released while 4 of its ports are open', 'asked for the app']);
});
