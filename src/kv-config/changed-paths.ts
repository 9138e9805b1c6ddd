import { sameValue } from '../consul/compare.ts';
import { type ConfigSection, isSection } from './build-tree.ts';
import type { ConfigValue } from './config-value.ts';

/** The names on the way to each value that came, went or changed; a section that came or went is named by its values. */
export function changedNames(before: ConfigSection, after: ConfigSection): readonly (readonly string[])[] {
  const changed: (readonly string[])[] = [];
  const walk = (one: ConfigValue | undefined, other: ConfigValue | undefined, path: readonly string[]): void => {
    if (sameValue(one, other)) return;
    const [lower, upper] = [isSection(one) ? one : {}, isSection(other) ? other : {}];
    const names = new Set([...Object.keys(lower), ...Object.keys(upper)]);
    for (const name of names) walk(own(lower, name), own(upper, name), [...path, name]);
    const isValue = (value: ConfigValue | undefined) => value !== undefined && !isSection(value);
    if ((isValue(one) || isValue(other) || names.size === 0) && path.length > 0) changed.push(path);
  };
  walk(before, after, []);
  return changed;
}

/** The same as dotted paths. */
export function changedPaths(before: ConfigSection, after: ConfigSection): readonly string[] {
  return changedNames(before, after).map((names) => names.join('.'));
}

function own(section: ConfigSection, name: string): ConfigValue | undefined {
  return Object.hasOwn(section, name) ? section[name] : undefined;
}
