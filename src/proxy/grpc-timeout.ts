/** Milliseconds of each unit of `grpc-timeout`. */
const UNIT_MS: ReadonlyMap<string, number> = new Map([
  ['H', 3_600_000],
  ['M', 60_000],
  ['S', 1000],
  ['m', 1],
  ['u', 1e-3],
  ['n', 1e-6],
]);
/** The largest number that the field may carry. */
const MAX_VALUE = 99_999_999;

/** The time in a `grpc-timeout` field, in ms; undefined when it is none (at most 8 digits and a unit). */
export function parseGrpcTimeout(text: string | undefined): number | undefined {
  const match = text === undefined ? null : /^(\d{1,8})([HMSmun])$/.exec(text);
  return match === null ? undefined : Number(match[1]) * (UNIT_MS.get(match[2] as string) as number);
}

/** The field for what is left of a call's time: in ms as long as they fit, and never more than there is. */
export function grpcTimeoutText(leftMs: number): string {
  const ms = Math.max(0, Math.floor(leftMs));
  return ms <= MAX_VALUE ? `${ms}m` : `${Math.min(MAX_VALUE, Math.floor(ms / 1000))}S`;
}
