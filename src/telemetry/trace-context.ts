/** What a caller said about the trace that its request belongs to. */
export interface ParentContext {
  /** 32 lower-case hex digits, not all zero. */
  readonly traceId: string;
  /** 16 lower-case hex digits, not all zero. */
  readonly spanId: string;
  /** Undefined when the caller leaves the decision to us (B3 only). */
  readonly sampled: boolean | undefined;
  /** Whether the trace id's last 56 bits are known to be random (W3C Trace Context level 2). */
  readonly random: boolean;
}

/** A request field that carries trace context, ready to send. */
export type TraceField = readonly [name: string, value: string];

/** Trace fields as lines of a head, each with its line end. */
export function traceLines(fields: readonly TraceField[]): string {
  let lines = '';
  for (const [name, value] of fields) lines += `${name}: ${value}\r\n`;
  return lines;
}

const VERSION_00_LENGTH = 55;
const SAMPLED = 0x01;
const RANDOM = 0x02;

const hexValue = new Int8Array(128).fill(-1);
for (const [value, digit] of [...'0123456789abcdef'].entries()) hexValue[digit.charCodeAt(0)] = value;

/** Whether `text` has only lower-case hex digits from `start` to `end`, not all of them zero. */
export function isHexId(text: string, start: number, end: number): boolean {
  let any = 0;
  for (let index = start; index < end; index++) {
    const value = hexValue[text.charCodeAt(index)];
    if (value === undefined || value < 0) return false;
    any |= value;
  }
  return any !== 0;
}

/**
 * The flags of a `traceparent`, or -1 if it is malformed and has to be treated as absent. Unknown versions are read as
 * version 00, with more behind it. (W3C Trace Context §3.2)
 */
export function traceparentFlags(header: string): number {
  if (header.length < VERSION_00_LENGTH) return -1;
  if (header.charCodeAt(2) !== 45 || header.charCodeAt(35) !== 45 || header.charCodeAt(52) !== 45) return -1;
  const version = hexByte(header, 0);
  if (version < 0 || version === 0xff) return -1;
  if (header.length > VERSION_00_LENGTH && (version === 0 || header.charCodeAt(55) !== 45)) return -1;
  if (!isHexId(header, 3, 35) || !isHexId(header, 36, 52)) return -1;
  return hexByte(header, 53);
}

function hexByte(text: string, at: number): number {
  const high = hexValue[text.charCodeAt(at)] ?? -1;
  const low = hexValue[text.charCodeAt(at + 1)] ?? -1;
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/** The parts of a `traceparent` whose flags {@link traceparentFlags} has read. */
export function traceparentContext(header: string, flags: number): ParentContext {
  return {
    traceId: header.slice(3, 35),
    spanId: header.slice(36, 52),
    sampled: (flags & SAMPLED) !== 0,
    random: (flags & RANDOM) !== 0,
  };
}

/** A `traceparent` of version 00. */
export function traceparentText(context: ParentContext): string {
  const flags = (context.sampled === true ? SAMPLED : 0) | (context.random ? RANDOM : 0);
  return `00-${context.traceId}-${context.spanId}-0${flags}`;
}

/** The trace id in a well-formed `traceparent`, for log lines of requests that are not sampled. */
export function traceIdIn(header: string | undefined): string | undefined {
  return header !== undefined && traceparentFlags(header) >= 0 ? header.slice(3, 35) : undefined;
}

const MAX_TRACESTATE_LENGTH = 512;
const MAX_TRACESTATE_MEMBERS = 32;
const stateMember =
  /^(?:[a-z][a-z0-9_\-*/]{0,255}|[a-z0-9][a-z0-9_\-*/]{0,240}@[a-z][a-z0-9_\-*/]{0,13})=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;

/**
 * `tracestate` as it may be sent on: unchanged, or undefined if it is malformed, has a key twice, or exceeds 512
 * characters or 32 members. A bad one is dropped without touching `traceparent`. (W3C Trace Context §3.3)
 */
export function acceptedTraceState(header: string | undefined): string | undefined {
  if (header === undefined || header === '' || header.length > MAX_TRACESTATE_LENGTH) return undefined;
  const members = header.split(',').map((member) => member.replace(/^[ \t]+|[ \t]+$/g, ''));
  const filled = members.filter((member) => member !== '');
  if (filled.length === 0 || filled.length > MAX_TRACESTATE_MEMBERS) return undefined;
  const keys = new Set(filled.map((member) => member.slice(0, member.indexOf('='))));
  return keys.size === filled.length && filled.every((member) => stateMember.test(member)) ? header : undefined;
}
