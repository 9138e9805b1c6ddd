import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import { type B3Fields, type B3Form, type B3Said, b3Fields, parseB3, parseB3Fields } from './b3.ts';
import { EpochClock } from './epoch-clock.ts';
import { SampledTrace } from './sampled-trace.ts';
import { SamplingChance } from './sampling-chance.ts';
import type { SpanSink } from './span-record.ts';
import {
  acceptedTraceState,
  type ParentContext,
  type TraceField,
  traceLines,
  traceparentContext,
  traceparentFlags,
  traceparentText,
} from './trace-context.ts';
import { TraceIds, traceIdShare } from './trace-ids.ts';
import type { TraceContextOptions } from './trace-place.ts';

/** What {@link TraceDecider} is made of. */
export interface TraceDeciderOptions {
  /** Share of the requests without a decided parent that are sampled, 0…1. Default 0.01. */
  readonly ratio?: number | undefined;
  /** Whether a caller's decision is followed. Default true; false: the ratio alone decides (`traceidratio`). */
  readonly parentBased?: boolean | undefined;
  /** B3 to be sent always, beside `traceparent`; by default it is sent to those whose caller spoke it. */
  readonly b3?: B3Form | undefined;
  readonly random: Random;
  readonly clock: Clock;
  /** Where finished spans go. Undefined: tracing is off, and every caller's context passes through untouched. */
  readonly sink: SpanSink | undefined;
}

/**
 * A sampled request's trace; or of one that is not sampled, what to send in place of all trace fields (`traceparent`,
 * `tracestate`, `b3`, `X-B3-…`) that came, as lines of the head; or undefined: nothing to record, and what came, if
 * anything, goes on byte for byte.
 */
export type TraceDecision = SampledTrace | string | undefined;

const DEFAULT_RATIO = 0.01;

/**
 * Decides, before anything else is done for tracing, whether a request is sampled: what the caller decided, else by
 * chance, and then the trace id is chosen to lie below the ratio or above it. One request in a hundred pays for spans, the
 * others for a count. A request without a context gets one marked unsampled, so that those behind us do not start half a
 * trace of their own.
 */
export class TraceDecider {
  readonly #ids: TraceIds;
  readonly #chance: SamplingChance;
  readonly #ratio: number;
  readonly #parentBased: boolean;
  readonly #b3: B3Form | undefined;
  readonly #spans: TraceContextOptions | undefined;

  constructor(options: TraceDeciderOptions) {
    this.#ratio = options.ratio ?? DEFAULT_RATIO;
    this.#chance = new SamplingChance(options.random, this.#ratio);
    this.#ids = new TraceIds(options.random, this.#ratio);
    this.#parentBased = options.parentBased ?? true;
    this.#b3 = options.b3;
    const epoch = new EpochClock(options.clock);
    const { sink } = options;
    this.#spans =
      sink === undefined ? undefined : { nowMs: () => epoch.nowMs(), nextSpanId: () => this.#ids.spanId(), sink };
  }

  /**
   * The decision for a request with these fields, each undefined when it was absent; a field that came more than once is
   * passed joined, which makes it malformed. Malformed fields count as absent. `traceparent` goes before `b3`, and that
   * before the `X-B3-…` fields.
   */
  decide(
    traceparent: string | undefined,
    tracestate: string | undefined,
    b3?: string | undefined,
    b3Multi?: B3Fields | undefined,
  ): TraceDecision {
    if (this.#spans === undefined) return undefined;
    if (traceparent !== undefined) {
      const flags = traceparentFlags(traceparent);
      if (flags >= 0) {
        if ((flags & 1) === 0 && this.#parentBased) return undefined;
        return this.#follow(traceparentContext(traceparent, flags), tracestate, undefined);
      }
    }
    if (b3 !== undefined) {
      const said = parseB3(b3);
      if (said !== undefined) return this.#followB3(said, 'single');
    }
    if (b3Multi !== undefined) {
      const said = parseB3Fields(b3Multi);
      if (said !== undefined) return this.#followB3(said, 'multi');
    }
    return this.#begin(this.#chance.next(), undefined);
  }

  #followB3(said: NonNullable<B3Said>, form: B3Form): TraceDecision {
    if (said.sampled === false && this.#parentBased) return undefined;
    if ('traceId' in said) return this.#follow(said, undefined, form);
    return this.#begin(this.#parentBased || this.#chance.next(), form);
  }

  /** Goes on in the caller's trace. */
  #follow(parent: ParentContext, tracestate: string | undefined, spoken: B3Form | undefined): TraceDecision {
    const followed = this.#parentBased ? parent.sampled : undefined;
    const b3 = spoken ?? this.#b3;
    if (!(followed ?? traceIdShare(parent.traceId) < this.#ratio))
      return unsampledLines({ ...parent, sampled: false }, b3);
    const traceState = acceptedTraceState(tracestate);
    const place = { traceId: parent.traceId, parentSpanId: parent.spanId, traceState, random: parent.random, b3 };
    return new SampledTrace(place, this.#spans as TraceContextOptions);
  }

  /** Starts a trace. Its id agrees with the decision, for those behind us that go by it. */
  #begin(sampled: boolean, spoken: B3Form | undefined): TraceDecision {
    const b3 = spoken ?? this.#b3;
    if (!sampled && b3 === undefined) return this.#ids.nextLine();
    const traceId = this.#ids.traceId(sampled);
    if (sampled) {
      const place = { traceId, parentSpanId: undefined, traceState: undefined, random: false, b3 };
      return new SampledTrace(place, this.#spans as TraceContextOptions);
    }
    return unsampledLines({ traceId, spanId: this.#ids.spanId(), sampled: false, random: false }, b3);
  }
}

function unsampledLines(context: ParentContext, b3: B3Form | undefined): string {
  const fields: TraceField[] = [['traceparent', traceparentText(context)]];
  if (b3 !== undefined) fields.push(...b3Fields(b3, context, undefined));
  return traceLines(fields);
}
