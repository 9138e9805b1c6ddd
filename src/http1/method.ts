/** The methods with an own place in metrics, by index; the last stands for all others. */
export const METHODS: readonly string[] = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'OPTIONS',
  'PATCH',
  'CONNECT',
  'TRACE',
  '_OTHER',
];

/** Places in {@link METHODS}. */
export const Method = {
  GET: 0,
  HEAD: 1,
  POST: 2,
  PUT: 3,
  DELETE: 4,
  OPTIONS: 5,
  PATCH: 6,
  CONNECT: 7,
  TRACE: 8,
  OTHER: 9,
} as const;

/** The place in {@link METHODS} of the method in `bytes[start, end)`. */
export function methodIndexAt(bytes: Buffer, start: number, end: number): number {
  const length = end - start;
  for (let index = 0; index < Method.OTHER; index++) {
    const name = METHODS[index] as string;
    if (name.length !== length) continue;
    let at = 0;
    while (at < length && bytes[start + at] === name.charCodeAt(at)) at++;
    if (at === length) return index;
  }
  return Method.OTHER;
}
