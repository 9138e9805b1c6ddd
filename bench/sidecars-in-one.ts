/**
 * Several sidecars in one process, from source, for differences that are smaller than those between two processes.
 *
 * `node bench/sidecars-in-one.ts '{"config": {…}, "env": {…}}' …`: starts them one after the other, each with what it is
 * told on top of the defaults and of this process's environment; the last one listens last. Ends by SIGTERM.
 */
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

async function start({ config, env }: Told): Promise<void> {
  const loaded = loadConfig([{ tree: config, whereIs: () => undefined }]);
  const { logger, writer } = createLogger(loaded.config.telemetry.logs);
  const worker = { program: '', args: [] };
  Object.assign(process.env, env);
  await Sidecar.start({ loaded, logger, writer, worker, appPort: givenPort(0) });
  for (const name of Object.keys(env)) delete process.env[name];
}

for (const told of process.argv.slice(2)) await start(JSON.parse(told));
