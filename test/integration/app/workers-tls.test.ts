import { once } from 'node:events';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect as connectH2 } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { askAnew, callers, NamedOrigin, WorkersSidecar } from '../../support/app-workers.ts';
import { ask } from '../../support/h2-client.ts';
import { until } from '../../support/until.ts';

const pem = (name: string) => new URL(`../../support/listener-tls/${name}.pem`, import.meta.url);

let open: AsyncDisposableStack;
let dir: string;
let sidecar: WorkersSidecar;
let proxyUrl: string;
let origin: NamedOrigin;

beforeEach(async () => {
  open = new AsyncDisposableStack();
  dir = await mkdtemp(join(tmpdir(), 'pilotfish-workers-tls-'));
  open.defer(() => rm(dir, { recursive: true, force: true }));
  origin = open.use(await NamedOrigin.start('it', 5));
  await install('one');
  const upstream = `upstreams.fixed={endpoints: ["127.0.0.1:${origin.port}"]}`;
  const tls = `proxy.tls={cert: "${join(dir, 'cert.pem')}", key: "${join(dir, 'key.pem')}"}`;
  sidecar = open.use(new WorkersSidecar('--consul', 'http://127.0.0.1:1', '--set', upstream, '--set', tls));
  ({ proxyUrl } = await sidecar.process.ready());
});
afterEach(() => open.disposeAsync());

const install = async (name: string): Promise<void> => {
  await copyFile(pem(name), join(dir, 'cert.pem'));
  await copyFile(pem(`${name}-key`), join(dir, 'key.pem'));
};
const served = (worker: number) => sidecar.lines('request', worker).length;
const kill = async (worker: number): Promise<void> => {
  const pid = sidecar.pid(worker);
  process.kill(pid, 'SIGKILL');
  await until('it is replaced', async () => sidecar.pid(worker) !== pid);
};

/** The names in the certificates that so many new connections are shown. */
async function shownNames(count: number): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  for (let index = 0; index < count; index++) {
    const socket: TLSSocket = connect({ port: Number(new URL(proxyUrl).port), rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    names.add(String(socket.getPeerCertificate().subject.CN));
    socket.destroy();
  }
  return names;
}

it('both workers serve HTTPS, and HTTP/2 by ALPN', async () => {
  for (let index = 0; index < 20; index++) expect(await askAnew(`${proxyUrl}/fixed/`)).toBe('200 it');
  await until('each has served half of them', async () => served(1) === 10 && served(2) === 10);
  for (let index = 0; index < 4; index++) {
    const session = connectH2(proxyUrl, { rejectUnauthorized: false });
    expect((await ask(session, { ':path': '/fixed/' })).status).toBe(200);
    expect(session.alpnProtocol).toBe('h2');
    session.destroy();
  }
  await until('and of these', async () => served(1) === 12 && served(2) === 12);
});

it('a renewed certificate is shown by both after a SIGHUP, and no request is lost', async () => {
  expect(await shownNames(4)).toEqual(new Set(['one']));
  const stop = callers(`${proxyUrl}/fixed/`, 4);
  const stopAnew = callers(`${proxyUrl}/fixed/`, 2, true);
  await until('there is load', async () => origin.requests > 50);
  await install('two');
  sidecar.process.signal('SIGHUP');
  await sidecar.process.written(/the new configuration is in force/);
  await until('all show it', async () => [...(await shownNames(4))].join() === 'two');
  const errors = [...(await stop()), ...(await stopAnew())].flatMap((caller) => caller.errors);
  expect(errors).toEqual([]);
});

it('a certificate that does not fit its key is refused, and the old one stays, also in a worker that starts after that', async () => {
  await writeFile(join(dir, 'key.pem'), 'no key');
  sidecar.process.signal('SIGHUP');
  await sidecar.process.written(/the old one stays/);
  await copyFile(pem('two-key'), join(dir, 'key.pem'));
  sidecar.process.signal('SIGHUP');
  await sidecar.process.written(/the certificate and its key cannot be used/);
  for (const worker of [1, 2]) {
    const before = served(worker);
    await kill(worker);
    await until('the replacement serves', async () => {
      await askAnew(`${proxyUrl}/fixed/`);
      return served(worker) > before;
    });
  }
  expect(await shownNames(4)).toEqual(new Set(['one']));
});

it('a killed worker costs its requests under way and no others, and is replaced', async () => {
  const kept = callers(`${proxyUrl}/fixed/`, 8);
  const anew = callers(`${proxyUrl}/fixed/`, 4, true);
  await until('there is load', async () => origin.requests > 100);
  const before = served(2);
  await kill(2);
  await until('the replacement serves', async () => served(2) > before + 100);
  const [fromKept, fromAnew] = [await kept(), await anew()];
  for (const { errors } of [...fromKept, ...fromAnew]) expect(errors.length).toBeLessThanOrEqual(1);
  const errors = [...fromKept, ...fromAnew].flatMap((caller) => caller.errors);
  expect(errors.filter((error) => error.includes('no answer'))).toEqual([]);
});
