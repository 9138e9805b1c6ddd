import { Agent, get } from 'node:http';

/** What came of the calls so far. */
export interface LoadTally {
  readonly answered: number;
  readonly failed: number;
  /** Answers by instance. */
  readonly byInstance: ReadonlyMap<string, number>;
  /** Process id of each instance, as its last answer told. */
  readonly pids: ReadonlyMap<string, number>;
  /** The first failures, in words. */
  readonly failures: readonly string[];
}

/** What the demo's app answers. */
interface DemoAnswer {
  readonly instance: string;
  readonly pid: number;
}

/** How a {@link DemoLoad} calls. */
export interface DemoLoadOptions {
  readonly url: string;
  readonly requestsPerSecond: number;
}

const TICK_MS = 20;

/** The caller app of the demo: calls a URL at a steady rate over kept-alive connections and counts who answered. */
export class DemoLoad {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 16 });
  readonly #underWay = new Set<Promise<void>>();
  #options: DemoLoadOptions;
  #timer: NodeJS.Timeout | undefined;
  #answered = 0;
  #failed = 0;
  #byInstance = new Map<string, number>();
  readonly #pids = new Map<string, number>();
  readonly #failures: string[] = [];

  constructor(options: DemoLoadOptions) {
    this.#options = options;
  }

  start(): void {
    let owed = 0;
    this.#timer = setInterval(() => {
      owed += (this.#options.requestsPerSecond * TICK_MS) / 1000;
      for (; owed >= 1; owed--) this.#call();
    }, TICK_MS);
  }

  /** Goes on at another rate. */
  slowTo(requestsPerSecond: number): void {
    this.#options = { ...this.#options, requestsPerSecond };
  }

  get tally(): LoadTally {
    return {
      answered: this.#answered,
      failed: this.#failed,
      byInstance: this.#byInstance,
      pids: this.#pids,
      failures: this.#failures,
    };
  }

  /** Begins a new count by instance; the totals go on. */
  recount(): void {
    this.#byInstance = new Map();
  }

  /** No further calls; waits for the answers that are still to come. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#underWay);
    this.#agent.destroy();
  }

  #call(): void {
    const counts = this.#byInstance;
    const call: Promise<void> = this.#request()
      .then(({ instance, pid }) => {
        this.#answered += 1;
        this.#pids.set(instance, pid);
        counts.set(instance, (counts.get(instance) ?? 0) + 1);
      })
      .catch((error: unknown) => {
        this.#failed += 1;
        if (this.#failures.length < 5) this.#failures.push(error instanceof Error ? error.message : String(error));
      })
      .finally(() => this.#underWay.delete(call));
    this.#underWay.add(call);
  }

  #request(): Promise<DemoAnswer> {
    return new Promise((resolve, reject) => {
      const request = get(this.#options.url, { agent: this.#agent, timeout: 30_000 }, (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          body += chunk;
        });
        response.on('error', reject);
        response.on('end', () => {
          if (response.statusCode !== 200) return reject(new Error(`${response.statusCode} ${body.trim()}`));
          resolve(JSON.parse(body) as DemoAnswer);
        });
      });
      request.on('timeout', () => request.destroy(new Error('no answer in 30 s')));
      request.on('error', reject);
    });
  }
}
