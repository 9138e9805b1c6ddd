/** What a duration looks like in the configuration: `250ms`, `10s`, `5m`, `1h`. */
export const DURATION_PATTERN: RegExp = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/;
/** What a size looks like: `512B`, `64KiB`, `1MiB`, `1GiB`. */
export const SIZE_PATTERN: RegExp = /^(\d+)(B|KiB|MiB|GiB)$/;
/** What a share looks like: `20%`, `0.5%`; from 0 % to 100 %. */
export const SHARE_PATTERN: RegExp = /^(100(?:\.0+)?|\d{1,2}(?:\.\d+)?)%$/;

const MS = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
]);
const BYTES = new Map([
  ['B', 1],
  ['KiB', 2 ** 10],
  ['MiB', 2 ** 20],
  ['GiB', 2 ** 30],
]);

/** Milliseconds of a duration that the schema has accepted. */
export function durationMs(text: string): number {
  return scaled(text, DURATION_PATTERN, MS);
}

/** Bytes of a size that the schema has accepted. */
export function sizeBytes(text: string): number {
  return scaled(text, SIZE_PATTERN, BYTES);
}

/** A share that the schema has accepted, as 0…1. */
export function share(text: string): number {
  return scaled(text, SHARE_PATTERN, new Map()) / 100;
}

function scaled(text: string, pattern: RegExp, units: ReadonlyMap<string, number>): number {
  const match = pattern.exec(text);
  if (match === null) throw new TypeError(`${JSON.stringify(text)} does not match ${pattern}`);
  return Number(match[1]) * (units.get(match[2] ?? '') ?? 1);
}
