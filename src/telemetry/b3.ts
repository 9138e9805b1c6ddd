import { isHexId, type ParentContext, type TraceField } from './trace-context.ts';

/** The fields of B3's older form, as they came. */
export interface B3Fields {
  /** `X-B3-TraceId` */
  readonly traceId: string | undefined;
  /** `X-B3-SpanId` */
  readonly spanId: string | undefined;
  /** `X-B3-Sampled` */
  readonly sampled: string | undefined;
  /** `X-B3-Flags` */
  readonly flags: string | undefined;
}

/** What B3 says: a whole context, or only whether to sample; undefined if it is malformed or says nothing. */
export type B3Said = ParentContext | { readonly sampled: boolean } | undefined;

const decisions: ReadonlyMap<string, boolean> = new Map([
  ['0', false],
  ['1', true],
  ['d', true],
  ['false', false],
  ['true', true],
]);

/** The longest single `b3` field: ids, state and parent. */
const MAX_B3_LENGTH = 32 + 1 + 16 + 1 + 1 + 1 + 16;

/** Reads `b3: {trace}-{span}-{state}-{parent}`, or the bare state. Source: openzipkin/b3-propagation. */
export function parseB3(header: string): B3Said {
  if (header.length > MAX_B3_LENGTH) return undefined;
  const parts = header.split('-');
  if (parts.length === 1) {
    const sampled = header.length === 1 ? decisions.get(header) : undefined;
    return sampled === undefined ? undefined : { sampled };
  }
  const [traceId = '', spanId = '', state, parentId] = parts;
  if (parts.length > 4 || (state !== undefined && (state.length !== 1 || !decisions.has(state)))) return undefined;
  if (parentId !== undefined && (parentId.length !== 16 || !isHexId(parentId, 0, 16))) return undefined;
  return contextOf(traceId, spanId, state === undefined ? undefined : decisions.get(state));
}

/** Reads the `X-B3-…` fields; `X-B3-Flags: 1` (debug) means sampled. */
export function parseB3Fields({ traceId, spanId, sampled, flags }: B3Fields): B3Said {
  const decided = flags === '1' ? true : sampled === undefined ? undefined : decisions.get(sampled);
  if (sampled !== undefined && flags !== '1' && decided === undefined) return undefined;
  if (traceId === undefined && spanId === undefined) return decided === undefined ? undefined : { sampled: decided };
  return contextOf(traceId ?? '', spanId ?? '', decided);
}

/** A 64-bit trace id is widened with zeros on the left, as B3 prescribes. */
function contextOf(traceId: string, spanId: string, sampled: boolean | undefined): ParentContext | undefined {
  if ((traceId.length !== 32 && traceId.length !== 16) || !isHexId(traceId, 0, traceId.length)) return undefined;
  if (spanId.length !== 16 || !isHexId(spanId, 0, 16)) return undefined;
  return { traceId: traceId.padStart(32, '0'), spanId, sampled, random: false };
}

/** The forms in which a context can be sent. */
export type B3Form = 'single' | 'multi';

/** The fields that carry `context` in one of B3's forms; `parentSpanId` is the span above it. */
export function b3Fields(
  form: B3Form,
  context: ParentContext,
  parentSpanId: string | undefined,
): readonly TraceField[] {
  const state = context.sampled === true ? '1' : '0';
  if (form === 'single') {
    const parent = parentSpanId === undefined ? '' : `-${parentSpanId}`;
    return [['b3', `${context.traceId}-${context.spanId}-${state}${parent}`]];
  }
  const fields: TraceField[] = [
    ['X-B3-TraceId', context.traceId],
    ['X-B3-SpanId', context.spanId],
    ['X-B3-Sampled', state],
  ];
  if (parentSpanId !== undefined) fields.push(['X-B3-ParentSpanId', parentSpanId]);
  return fields;
}
