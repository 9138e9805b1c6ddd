import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { probeAddress } from '../../../src/discovery/address-probe.ts';
import { freePorts } from '../../support/free-port.ts';

const never = new AbortController().signal;

it('a listener answers, and sees the connection close again without a byte', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const seen = once(server, 'connection') as Promise<[Socket]>;
  expect(await probeAddress({ host: '127.0.0.1', port }, 1000, never)).toBe('answers');
  const [socket] = await seen;
  const bytes: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => bytes.push(chunk));
  await once(socket, 'close');
  expect(bytes).toEqual([]);
  await new Promise((resolve) => server.close(resolve));
});

it('a closed port refuses, and so do a port that cannot be and a name that is none', async () => {
  const [port = 0] = await freePorts(1);
  expect(await probeAddress({ host: '127.0.0.1', port }, 1000, never)).toBe('refuses');
  expect(await probeAddress({ host: '127.0.0.1', port: 65_536 }, 1000, never)).toBe('refuses');
  expect(['refuses', 'unclear', 'silent']).toContain(
    await probeAddress({ host: 'no.such.invalid', port }, 1000, never),
  );
});

it.skipIf(process.platform !== 'linux')('a host that lets the attempt go unanswered is silent', async () => {
  // A process that sleeps with a full queue of connections: the kernel then drops further attempts.
  const script = `const server = require('node:net').createServer();
    server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
      require('node:fs').writeSync(1, String(server.address().port));
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    });`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [output] = (await once(child.stdout, 'data')) as [Buffer];
  const port = Number(output.toString());
  const waiting = Array.from({ length: 8 }, () => connect(port, '127.0.0.1').on('error', () => undefined));
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(await probeAddress({ host: '127.0.0.1', port }, 300, never)).toBe('silent');
  for (const socket of waiting) socket.destroy();
  child.kill('SIGKILL');
  await once(child, 'exit');
});

it('an aborted probe says nothing', async () => {
  expect(await probeAddress({ host: '127.0.0.1', port: 1 }, 1000, AbortSignal.abort())).toBe('unclear');
});
