/** The values of a map in the order of their keys. */
export function sortedValues<V>(map: ReadonlyMap<string, V>): readonly V[] {
  return [...map].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, value]) => value);
}
