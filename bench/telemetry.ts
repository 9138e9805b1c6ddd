/**
 * What does measuring cost: a counter, a histogram, the decision about a trace, a sampled trace, a log line? Ours and the
 * OpenTelemetry SDK's own, in one run.
 *
 * `node bench/telemetry.ts`: prints Markdown. Each contestant is first shown to have counted or decided what it should;
 * then all are timed in interleaved rounds in one process, and the median of the rounds is shown.
 */

import { openSync } from 'node:fs';
import { systemClock } from '../src/runtime/clock.ts';
import { systemRandom } from '../src/runtime/random.ts';
import { AccessLog } from '../src/telemetry/access-log.ts';
import { descriptorSink, LogWriter } from '../src/telemetry/log-writer.ts';
import { Logger } from '../src/telemetry/logger.ts';
import { pilotfishMetrics } from '../src/telemetry/pilotfish-metrics.ts';
import { prometheusText } from '../src/telemetry/prometheus-text.ts';
import { Registry } from '../src/telemetry/registry.ts';
import { RequestSeries } from '../src/telemetry/request-series.ts';
import { SampledTrace } from '../src/telemetry/sampled-trace.ts';
import type { SpanRecord } from '../src/telemetry/span-record.ts';
import { TraceDecider } from '../src/telemetry/trace-decision.ts';
import { SdkContestant } from './telemetry-sdk.ts';

const ROUNDS = 15;
const STEPS = 50_000;
/**
 * Nanoseconds beyond which the run fails: the contract's limits, where it names one. The fastest round is held to them,
 * as a slower one also tells what else the machine did.
 */
const limits: ReadonlyMap<string, number> = new Map([
  ['counter', 20],
  ['histogram', 30],
  ['unsampled, no parent', 200],
  ['unsampled parent', 200],
  ['log line', 1000],
]);

interface Contestant {
  readonly what: string;
  readonly who: 'pilotfish' | 'OpenTelemetry';
  readonly step: (index: number) => void;
}

const sdk = new SdkContestant();

const registry = new Registry();
const metrics = pilotfishMetrics(registry);
const ownCounter = metrics.retries.bind('orders', 'connect');
const ownHistogram = metrics.consulDuration.bind('health');
const ownSeries = new RequestSeries(metrics.serverDuration, 'orders');

const spans: SpanRecord[] = [];
let ownSpans = 0;
const sink = (record: SpanRecord) => {
  ownSpans += 1;
  if (spans.length < 4) spans.push(record);
};
const decider = { random: systemRandom, clock: systemClock, sink };
const never = new TraceDecider({ ...decider, ratio: 0 });
const always = new TraceDecider({ ...decider, ratio: 1 });
const unsampledParent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00';

const writer = new LogWriter({ sink: descriptorSink(openSync('/dev/null', 'w')), clock: systemClock });
const jammed = new LogWriter({ sink: { write: () => undefined, writeSync: () => 0 }, clock: systemClock });
const logger = new Logger({ writer, clock: systemClock });
const jammedLogger = new Logger({ writer: jammed, clock: systemClock });
const accessLog = new AccessLog(logger, { mode: 'sampled', slowMs: 1000 });

const seconds = (index: number) => (index & 1023) * 1e-5;
const statuses = [200, 200, 200, 404];
/** Keeps results alive, so that nothing measured can be left out. */
let kept: unknown;

function ownSampledRequest(): void {
  const decision = always.decide(undefined, undefined);
  if (!(decision instanceof SampledTrace)) throw new Error('not sampled at ratio 1');
  const target = { method: 'GET', upstream: 'orders', endpointId: 'orders-1', host: '10.0.0.1', port: 8000 };
  const attempt = decision.startAttempt(target);
  kept = attempt.fields;
  attempt.end({ status: 200 });
  decision.end({
    method: 'GET',
    upstream: 'orders',
    path: '/api/42',
    scheme: 'http',
    status: 200,
    errorType: undefined,
    clientAddress: '127.0.0.1',
    protocolVersion: '1.1',
  });
}

const line = {
  method: 'GET',
  path: '/orders/api/42',
  upstream: 'orders',
  status: 200,
  durationMs: 12.345,
  attempts: 1,
};

const contestants: readonly Contestant[] = [
  { what: 'counter', who: 'pilotfish', step: () => ownCounter.add(1) },
  { what: 'counter', who: 'OpenTelemetry', step: () => sdk.count() },
  { what: 'histogram', who: 'pilotfish', step: (index) => ownHistogram.record(seconds(index)) },
  { what: 'histogram', who: 'OpenTelemetry', step: (index) => sdk.record(seconds(index)) },
  {
    what: 'request duration, series looked up by method and status',
    who: 'pilotfish',
    step: (index) => ownSeries.of('GET', statuses[index & 3] as number, '').record(seconds(index)),
  },
  {
    what: 'unsampled, no parent',
    who: 'pilotfish',
    step: () => {
      kept = never.decide(undefined, undefined);
    },
  },
  { what: 'unsampled, no parent', who: 'OpenTelemetry', step: () => sdk.request(undefined) },
  {
    what: 'unsampled parent',
    who: 'pilotfish',
    step: () => {
      kept = never.decide(unsampledParent, undefined);
    },
  },
  { what: 'unsampled parent', who: 'OpenTelemetry', step: () => sdk.request(unsampledParent) },
  { what: 'sampled, one attempt', who: 'pilotfish', step: ownSampledRequest },
  { what: 'sampled, one attempt', who: 'OpenTelemetry', step: () => sdk.requestWithAttempt() },
  {
    what: 'access log, no line wanted',
    who: 'pilotfish',
    step: (index) => {
      kept = accessLog.wants(200, index & 255, false);
    },
  },
  { what: 'log line', who: 'pilotfish', step: () => logger.info('request', line) },
  { what: 'log line, reader stuck', who: 'pilotfish', step: () => jammedLogger.info('request', line) },
];

/** Every contestant does its step 1,000 times, and what came of it is compared with what should have. */
async function proveCorrect(): Promise<void> {
  for (const { what, step } of contestants) {
    sdk.samples = what.startsWith('sampled');
    for (let index = 0; index < 1000; index++) step(index);
  }
  const text = prometheusText(registry, { format: 'prometheus', resource: new Map() });
  const counted = await sdk.counted();
  const facts: readonly (readonly [string, boolean])[] = [
    ['own counter', text.includes('pilotfish_retries_total{upstream="orders",reason="connect"} 1000\n')],
    ['SDK counter', counted.counter === 1000],
    ['own histogram', text.includes('pilotfish_consul_request_duration_seconds_count{api="health"} 1000\n')],
    ['both histograms alike', counted.buckets.join() === [...ownHistogram.read().buckets].join()],
    ['own request series', text.includes('http_response_status_code="404"} 250\n')],
    ['own spans', ownSpans === 2000 && spans[0]?.parentSpanId === spans[1]?.spanId],
    ['SDK spans', sdk.spans === 2000],
    ['own fresh context', freshFieldIsValid()],
    ['log lines', writer.accepted === 1000 && writer.dropped === 0],
  ];
  const wrong = facts.filter(([, holds]) => !holds).map(([name]) => name);
  if (wrong.length > 0) throw new Error(`not correct: ${wrong.join(', ')}`);
}

function freshFieldIsValid(): boolean {
  return /^traceparent: 00-[0-9a-f]{32}-[0-9a-f]{16}-00\r\n$/.test(String(never.decide(undefined, undefined)));
}

/** Half of the rounds were faster. */
function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}

function round({ what, step }: Contestant): number {
  sdk.samples = what.startsWith('sampled');
  const startNs = process.hrtime.bigint();
  for (let index = 0; index < STEPS; index++) step(index);
  return Number(process.hrtime.bigint() - startNs) / STEPS;
}

/** Lets the log writer write, or its limit would be measured. */
const drained = () => writer.flush(10_000);

await proveCorrect();
const times = new Map<Contestant, number[]>(contestants.map((contestant) => [contestant, []]));
for (let index = 0; index < ROUNDS; index++) {
  for (const [contestant, rounds] of times) {
    const steps = contestant.what === 'log line' ? await timeLines(contestant) : round(contestant);
    rounds.push(steps);
  }
}

/** A writer holds about 6,000 such lines; it is let to write between bursts of 2,000, which are what is timed. */
async function timeLines({ step }: Contestant): Promise<number> {
  let totalNs = 0n;
  for (let burst = 0; burst < 10; burst++) {
    const startNs = process.hrtime.bigint();
    for (let index = 0; index < 2000; index++) step(index);
    totalNs += process.hrtime.bigint() - startNs;
    await drained();
  }
  return Number(totalNs) / 20_000;
}

const whats = [...new Set(contestants.map(({ what }) => what))];
const roundsOf = (what: string, who: Contestant['who']): readonly number[] => {
  const found = contestants.find((contestant) => contestant.what === what && contestant.who === who);
  return found === undefined ? [] : (times.get(found) ?? []);
};
const shown = (rounds: readonly number[]) => (rounds.length === 0 ? '' : median(rounds).toFixed(1));
const fastest = (what: string) => Math.min(...roundsOf(what, 'pilotfish'));
const rows = whats.map((what) => {
  const [own, other] = [roundsOf(what, 'pilotfish'), roundsOf(what, 'OpenTelemetry')];
  return `| ${what} | ${shown(own)} | ${fastest(what).toFixed(1)} | ${shown(other)} | ${limits.get(what) ?? ''} |`;
});
const head = `| ns each, median of ${ROUNDS} rounds | pilotfish | its fastest round | OpenTelemetry SDK | limit |`;
process.stdout.write(`${head}\n|---|---|---|---|---|\n${rows.join('\n')}\n`);
if (writer.dropped > 0) throw new Error(`${writer.dropped} lines were dropped while they were timed`);
const over = whats.filter((what) => fastest(what) > (limits.get(what) ?? Number.POSITIVE_INFINITY));
if (over.length > 0) {
  process.stderr.write(`over the limit: ${over.join(', ')}\n`);
  process.exitCode = 1;
}
await sdk.shutdown();
if (kept === undefined) process.exitCode = 1;
