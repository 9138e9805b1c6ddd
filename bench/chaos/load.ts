import { quantile } from '../harness/quantiles.ts';
import { LoadLine } from './load-line.ts';
import type { LoadReport } from './load-report.ts';

/** How a {@link Load} calls. */
export interface LoadOptions {
  /** Base URL of a sidecar's proxy port. */
  readonly proxyUrl: string;
  readonly service: string;
  readonly requestsPerSecond: number;
  /** Share of the requests that are POSTs with an id of their own, 0…1. Default 0. */
  readonly postShare?: number;
  /** Share of the requests that the caller gives up, {@link GIVE_UP_AFTER_MS} after it sent them, 0…1. Default 0. */
  readonly giveUpShare?: number;
}

/** Requests that are to be given up are so long under way. */
const GIVE_UP_AFTER_MS = 8;

/** A request whose moment has come. */
interface DueRequest {
  readonly dueMs: number;
  readonly isPost: boolean;
  readonly isGivenUp: boolean;
}

const TICK_MS = 2;
/** Beyond this many requests under way at once, new ones wait for a connection. */
const MAX_LINES = 1500;
/** A request slower than this belongs to the disturbance, see {@link LoadReport.recoveryMs}. */
const SLOW_MS = 250;
/** The sidecar closes idle connections after 75 s. */
const MAX_IDLE_MS = 30_000;
const KEPT_FAILURES = 6;
/** Ids of different loads differ, so that one journal directory can hold several. */
let loads = 0;

/** An open loop: requests are due at fixed moments, whatever the answers do. GETs, and POSTs that are executed at most once. */
export class Load {
  readonly #options: LoadOptions;
  readonly #port: number;
  readonly #prefix: string;
  readonly #idle: LoadLine[] = [];
  readonly #lines = new Set<LoadLine>();
  readonly #waiting: DueRequest[] = [];
  readonly #underWay = new Map<string, boolean>();
  readonly #latencies: number[] = [];
  readonly #byInstance = new Map<string, number>();
  readonly #byStatus = new Map<string, number>();
  readonly #failures: string[] = [];
  readonly #failedPosts: string[] = [];
  #timer: NodeJS.Timeout | undefined;
  #sent = 0;
  #gets = 0;
  #givenUp = 0;
  #failedGets = 0;
  #lastSuccessMs = 0;
  #worstGapMs = 0;
  #lateMs = 0;
  #markMs: number | undefined;
  #postsAtMark = 0;
  #recoveredMs: number | undefined;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#port = Number(new URL(options.proxyUrl).port);
    this.#prefix = `${process.pid}-${loads++}`;
  }

  start(): this {
    const startMs = performance.now();
    const periodMs = 1000 / this.#options.requestsPerSecond;
    const { postShare = 0, giveUpShare = 0 } = this.#options;
    let due = 0;
    this.#lastSuccessMs = startMs;
    this.#timer = setInterval(() => {
      const nowMs = performance.now();
      for (; startMs + due * periodMs <= nowMs; due++) {
        const isPost = isOneOf(due, postShare);
        const isGivenUp = isOneOf(due, giveUpShare);
        const dueMs = startMs + due * periodMs;
        this.#lateMs = Math.max(this.#lateMs, nowMs - dueMs);
        this.#send({ dueMs, isPost, isGivenUp });
      }
    }, TICK_MS);
    return this;
  }

  /** The fault happens now. Recovery and what was under way are told from here; the last mark counts. */
  mark(): void {
    this.#markMs = performance.now();
    this.#recoveredMs = undefined;
    this.#postsAtMark = [...this.#underWay.values()].filter((isPost) => isPost).length;
  }

  /** Answers by instance so far. */
  get byInstance(): ReadonlyMap<string, number> {
    return new Map(this.#byInstance);
  }

  /** Requests sent so far. The last part of an id is the number of those sent before it. */
  get sent(): number {
    return this.#sent;
  }

  /** Sends nothing more, waits for the answers that are still to come (30 s at most), and reports. */
  async stop(): Promise<LoadReport> {
    clearInterval(this.#timer);
    const endMs = performance.now() + 30_000;
    while (this.#underWay.size + this.#waiting.length > 0 && performance.now() < endMs) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    this.abandon();
    await new Promise((resolve) => setImmediate(resolve));
    return this.#report();
  }

  /** Ends it at once, if that has not happened yet. */
  abandon(): void {
    clearInterval(this.#timer);
    for (const line of this.#lines) line.destroy();
  }

  #send(request: DueRequest): void {
    let line = this.#idle.pop();
    while (line !== undefined && !this.#isFresh(line)) {
      this.#lines.delete(line);
      line = this.#idle.pop();
    }
    if (line === undefined) {
      for (const known of this.#lines) if (!known.isOpen) this.#lines.delete(known);
      if (this.#lines.size >= MAX_LINES) {
        this.#waiting.push(request);
        return;
      }
      line = new LoadLine(this.#port, (free) => this.#free(free));
      this.#lines.add(line);
    }
    this.#ask(line, request);
  }

  /** As any pool's: one that was idle for long may be closed from the other side at this very moment. */
  #isFresh(line: LoadLine): boolean {
    if (line.isOpen && performance.now() - line.freeSinceMs < MAX_IDLE_MS) return true;
    line.destroy();
    return false;
  }

  #free(line: LoadLine): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#idle.push(line);
    else this.#ask(line, next);
  }

  #ask(line: LoadLine, { dueMs, isPost, isGivenUp }: DueRequest): void {
    const id = `${this.#prefix}-${this.#sent++}`;
    if (!isPost) this.#gets += 1;
    this.#underWay.set(id, isPost);
    const head = `${isPost ? 'POST' : 'GET'} /${this.#options.service}/work HTTP/1.1\r\nHost: 127.0.0.1:${this.#port}\r\nX-Request-Id: ${id}\r\n`;
    line.ask(isPost ? `${head}Content-Length: 4\r\n\r\nwork` : `${head}\r\n`, ({ status, instance, head: answer }) => {
      this.#underWay.delete(id);
      if (status === undefined && isGivenUp) {
        this.#givenUp += 1;
        return;
      }
      const nowMs = performance.now();
      const latencyMs = nowMs - dueMs;
      this.#latencies.push(latencyMs);
      const isWell = status !== undefined && status < 400;
      count(this.#byStatus, String(status ?? 'broken'));
      if (isWell) this.#succeeded(nowMs, instance);
      else this.#failed(id, isPost, `${status ?? 'broken'} ${answer.replaceAll('\r\n', ' | ').slice(0, 300)}`);
      if (this.#markMs !== undefined && (!isWell || latencyMs > SLOW_MS)) this.#recoveredMs = nowMs;
    });
    if (isGivenUp) setTimeout(() => this.#underWay.has(id) && line.destroy(), GIVE_UP_AFTER_MS);
  }

  #succeeded(nowMs: number, instance: string | undefined): void {
    this.#worstGapMs = Math.max(this.#worstGapMs, nowMs - this.#lastSuccessMs);
    this.#lastSuccessMs = nowMs;
    if (instance !== undefined) count(this.#byInstance, instance);
  }

  #failed(id: string, isPost: boolean, text: string): void {
    if (isPost) this.#failedPosts.push(id);
    else this.#failedGets += 1;
    if (this.#failures.length < KEPT_FAILURES) this.#failures.push(`${isPost ? 'POST' : 'GET'}: ${text}`);
  }

  #report(): LoadReport {
    const sorted = Float64Array.from(this.#latencies).sort();
    const failed = this.#failedGets + this.#failedPosts.length;
    const recovered = this.#recoveredMs;
    return {
      requests: this.#sent,
      failed,
      gets: this.#gets,
      failedGets: this.#failedGets,
      failedPosts: this.#failedPosts,
      postsAtMark: this.#postsAtMark,
      givenUp: this.#givenUp,
      worstGapMs: this.#worstGapMs,
      recoveryMs: recovered === undefined || this.#markMs === undefined ? 0 : recovered - this.#markMs,
      p50Ms: quantile(sorted, 0.5),
      p90Ms: quantile(sorted, 0.9),
      p99Ms: quantile(sorted, 0.99),
      maxMs: sorted.at(-1) ?? 0,
      lateMs: this.#lateMs,
      byInstance: this.#byInstance,
      byStatus: this.#byStatus,
      failures: this.#failures,
    };
  }
}

/** Whether the request with this number is one of such a share of all: spread evenly, so that every moment has both. */
function isOneOf(index: number, share: number): boolean {
  return Math.floor((index + 1) * share) > Math.floor(index * share);
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
