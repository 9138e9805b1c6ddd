import { sameValue } from '../consul/compare.ts';
import { type ConfigSection, isSection } from './build-tree.ts';
import type { ConfigValue } from './config-value.ts';

/** The dotted paths of all values that came, went or changed; a section that came or went is named by its values. */
export function changedPaths(before: ConfigSection, after: ConfigSection): readonly string[] {
  const paths: string[] = [];
  const walk = (one: ConfigValue | undefined, other: ConfigValue | undefined, path: string): void => {
    if (sameValue(one, other)) return;
    const [lower, upper] = [isSection(one) ? one : {}, isSection(other) ? other : {}];
    const names = new Set([...Object.keys(lower), ...Object.keys(upper)]);
    for (const name of names) walk(own(lower, name), own(upper, name), path === '' ? name : `${path}.${name}`);
    const isValue = (value: ConfigValue | undefined) => value !== undefined && !isSection(value);
    if ((isValue(one) || isValue(other) || names.size === 0) && path !== '') paths.push(path);
  };
  walk(before, after, '');
  return paths;
}

function own(section: ConfigSection, name: string): ConfigValue | undefined {
  return Object.hasOwn(section, name) ? section[name] : undefined;
}
