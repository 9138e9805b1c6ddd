/**
 * Several sidecars in one process, from source, for differences that are smaller than those between two processes.
 *
 * `node bench/sidecars-in-one.ts PORT`: whoever posts a list of `{"config": {…}, "env": {…}}` to PORT ends the sidecars that
 * there are, and starts others one after the other, each with what it is told on top of the defaults and of this process's
 * environment. The answer comes when all listen. Ends by SIGTERM.
 */
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { tuneEngine } from '../src/cli/engine.ts';

/** What a sidecar is started with. */
interface Told {
  readonly config: object;
  /** Set while it starts. */
  readonly env: Readonly<Record<string, string>>;
}

tuneEngine();
const [{ createLogger }, { loadConfig }, { Sidecar }, { givenPort }] = await Promise.all([
  import('../src/app/logging.ts'),
  import('../src/app/load-config.ts'),
  import('../src/app/sidecar.ts'),
  import('../src/app/app-port.ts'),
]);

async function start({ config, env }: Told): Promise<AsyncDisposable> {
  const loaded = loadConfig([{ tree: config, whereIs: () => undefined }]);
  const { logger, writer } = createLogger(loaded.config.telemetry.logs);
  const worker = { program: '', args: [] };
  Object.assign(process.env, env);
  const sidecar = await Sidecar.start({ loaded, logger, writer, worker, appPort: givenPort(0) });
  for (const name of Object.keys(env)) delete process.env[name];
  return sidecar;
}

let running = new AsyncDisposableStack();

/** Ends those that run, and starts these. */
async function renew(sidecars: readonly Told[]): Promise<void> {
  await running.disposeAsync();
  running = new AsyncDisposableStack();
  for (const told of sidecars) running.use(await start(told));
}

createServer(async (request, response) => {
  try {
    await renew(JSON.parse(await text(request)));
  } catch (error) {
    response.statusCode = 500;
    response.write(String(error));
  }
  response.end();
}).listen(Number(process.argv[2]), '127.0.0.1');
