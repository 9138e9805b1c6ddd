import { isDeepStrictEqual } from 'node:util';
import { type ListenerTls, tlsRefusal } from '../http1/listener.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Config } from './config.ts';
import { ConfigError } from './config-error.ts';
import { pinnedUpstreams, readPem, upstreamSettings } from './configured-upstream.ts';

/** What {@link Certificates} need. */
export interface CertificatesOptions {
  /** The configuration that the ports were opened with: a reload does not move them, nor where their certificate is. */
  readonly atStart: Config;
  /** The configuration in force. */
  readonly current: () => Config;
  readonly clock: Clock;
}

/** How often the files are looked at. */
const LOOK_MS = 10_000;

/** The PEM files that the configuration names, and whether others stand there by now. */
export class Certificates {
  readonly #options: CertificatesOptions;
  #seen: unknown;

  constructor(options: CertificatesOptions) {
    this.#options = options;
  }

  /**
   * Reads all of them anew, those of the ports and of every configured upstream.
   * @returns the ports' own; undefined when they are plain
   * @throws ConfigError for one that cannot be read, or a certificate and a key that do not belong together
   */
  read(config: Config): ListenerTls | undefined {
    const own = listenerTls(this.#options.atStart);
    const upstreams = pinnedUpstreams(config).map((name) => upstreamSettings(config, name).tls);
    this.#seen = [own, upstreams];
    return own;
  }

  /**
   * Looks every 10 s. `onChange` hears of files with other content that can be used; `onProblem` of such that cannot,
   * once: one of a pair may be written before the other.
   */
  async run(signal: AbortSignal, onChange: () => Promise<void>, onProblem: (error: unknown) => void): Promise<void> {
    let problem = '';
    for (;;) {
      await this.#options.clock.sleep(LOOK_MS, signal);
      const before = this.#seen;
      try {
        this.read(this.#options.current());
        problem = '';
        if (!isDeepStrictEqual(before, this.#seen)) await onChange();
      } catch (error) {
        this.#seen = before;
        if (problem !== String(error)) onProblem(error);
        problem = String(error);
      }
    }
  }
}

/** The certificate of the proxy's own places. @throws ConfigError */
function listenerTls({ proxy: { tls } }: Config): ListenerTls | undefined {
  const cert = readPem(tls?.cert, 'proxy.tls.cert');
  const key = readPem(tls?.key, 'proxy.tls.key');
  if (cert === undefined || key === undefined) return undefined;
  const made: ListenerTls = { cert, key, clientCa: undefined };
  const message = tlsRefusal(made);
  if (message !== undefined) throw new ConfigError([{ where: tls?.cert ?? '', path: 'proxy.tls', message }]);
  return made;
}
