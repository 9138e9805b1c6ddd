/** A JSON Schema (draft 7), as parsed JSON. */
export type JsonSchema = boolean | { readonly [keyword: string]: unknown };

type Check = (schema: never, value: unknown, at: Place) => readonly string[];

interface Place {
  readonly root: Readonly<Record<string, unknown>>;
  readonly path: string;
  /** The schema that the keyword stands in. */
  readonly beside: Readonly<Record<string, unknown>>;
}

/**
 * What is wrong with `value`, a line each with its place; empty when it is as the schema wants it.
 * @throws Error at a keyword that is not known here, so that nothing is passed over in silence
 */
export function schemaErrors(schema: JsonSchema, value: unknown): readonly string[] {
  return check(schema, value, { root: schema as Place['root'], path: '', beside: {} });
}

function check(schema: JsonSchema, value: unknown, { root, path }: Place): readonly string[] {
  if (typeof schema === 'boolean') return schema ? [] : [`${path || '/'} must not be there`];
  return Object.entries(schema).flatMap(([keyword, wanted]) => {
    if (NOTES.has(keyword)) return [];
    const known = KEYWORDS[keyword];
    if (known === undefined) throw new Error(`the schema keyword ${keyword} is not known here`);
    return known(wanted as never, value, { root, path, beside: schema });
  });
}

/** Keywords that say nothing of a value by themselves. */
const NOTES = new Set(['$schema', '$comment', 'definitions', 'kinds', 'then', 'else', 'format', 'additionalItems']);

const KEYWORDS: Readonly<Record<string, Check>> = {
  $ref: (ref: string, value, at) => {
    const target = ref
      .slice(2)
      .split('/')
      .reduce<unknown>((inside, name) => (inside as Record<string, unknown>)[name], at.root);
    if (target === undefined) throw new Error(`the schema has no ${ref}`);
    return check(target as JsonSchema, value, at);
  },
  type: (types: string | readonly string[], value, { path }) =>
    [types].flat().some((type) => isOf(type, value)) ? [] : [`${path || '/'} is no ${[types].flat().join(' or ')}`],
  enum: (values: readonly unknown[], value, { path }) =>
    values.includes(value) ? [] : [`${path} is ${JSON.stringify(value)}, not one of ${values.join(', ')}`],
  const: (wanted: unknown, value, { path }) => (value === wanted ? [] : [`${path} is not ${String(wanted)}`]),
  properties: (properties: Readonly<Record<string, JsonSchema>>, value, at) =>
    entriesOf(value).flatMap(([name, each]) =>
      Object.hasOwn(properties, name) ? check(properties[name] as JsonSchema, each, inside(at, name)) : [],
    ),
  patternProperties: (patterns: Readonly<Record<string, JsonSchema>>, value, at) =>
    entriesOf(value).flatMap(([name, each]) =>
      Object.entries(patterns).flatMap(([pattern, schema]) =>
        new RegExp(pattern).test(name) ? check(schema, each, inside(at, name)) : [],
      ),
    ),
  additionalProperties: (schema: JsonSchema, value, at) => {
    const { properties = {}, patternProperties = {} } = at.beside as Record<string, Record<string, JsonSchema>>;
    const others = entriesOf(value).filter(
      ([name]) =>
        !Object.hasOwn(properties, name) &&
        !Object.keys(patternProperties).some((pattern) => new RegExp(pattern).test(name)),
    );
    if (schema === false) return others.map(([name]) => `${at.path}/${name} is unknown`);
    return others.flatMap(([name, each]) => check(schema, each, inside(at, name)));
  },
  required: (names: readonly string[], value, { path }) =>
    isOf('object', value)
      ? names.filter((name) => !Object.hasOwn(value as object, name)).map((name) => `${path}/${name} is missing`)
      : [],
  dependencies: (dependencies: Readonly<Record<string, readonly string[]>>, value, { path }) =>
    entriesOf(value).flatMap(([name]) =>
      (Object.hasOwn(dependencies, name) ? (dependencies[name] ?? []) : [])
        .filter((other) => !Object.hasOwn(value as object, other))
        .map((other) => `${path}/${other} is missing beside ${name}`),
    ),
  items: (schema: JsonSchema | readonly JsonSchema[], value, at) => {
    if (!Array.isArray(value)) return [];
    return value.flatMap((item, index) => {
      const one = Array.isArray(schema) ? (schema as readonly JsonSchema[])[index] : (schema as JsonSchema);
      return one === undefined ? [] : check(one, item, inside(at, String(index)));
    });
  },
  uniqueItems: (_true, value, { path }) =>
    Array.isArray(value) && new Set(value.map((item) => JSON.stringify(item))).size < value.length
      ? [`${path} has an item twice`]
      : [],
  minItems: (least: number, value, { path }) =>
    Array.isArray(value) && value.length < least ? [`${path} has fewer than ${least} items`] : [],
  minProperties: (least: number, value, { path }) =>
    isOf('object', value) && entriesOf(value).length < least ? [`${path} has fewer than ${least} fields`] : [],
  minLength: (least: number, value, { path }) =>
    typeof value === 'string' && value.length < least ? [`${path} is shorter than ${least}`] : [],
  pattern: (pattern: string, value, { path }) =>
    typeof value === 'string' && !new RegExp(pattern).test(value) ? [`${path} does not match ${pattern}`] : [],
  minimum: (least: number, value, { path }) =>
    typeof value === 'number' && value < least ? [`${path} is below ${least}`] : [],
  maximum: (most: number, value, { path }) =>
    typeof value === 'number' && value > most ? [`${path} is above ${most}`] : [],
  allOf: (schemas: readonly JsonSchema[], value, at) => schemas.flatMap((schema) => check(schema, value, at)),
  anyOf: (schemas: readonly JsonSchema[], value, at) => {
    const tries = schemas.map((schema) => check(schema, value, at));
    return tries.some(({ length }) => length === 0) ? [] : nearest(tries);
  },
  oneOf: (schemas: readonly JsonSchema[], value, at) => {
    const tries = schemas.map((schema) => check(schema, value, at));
    const fitting = tries.filter(({ length }) => length === 0).length;
    if (fitting > 1) return [`${at.path} fits ${fitting} of the alternatives, not one`];
    return fitting === 1 ? [] : nearest(tries);
  },
  not: (schema: JsonSchema, value, at) =>
    check(schema, value, at).length === 0 ? [`${at.path} is what it must not be`] : [],
  if: (condition: JsonSchema, value, at) => {
    const branch = at.beside[check(condition, value, at).length === 0 ? 'then' : 'else'];
    return branch === undefined ? [] : check(branch as JsonSchema, value, at);
  },
};

/** Of several alternatives the complaints of the one that came closest. */
function nearest(tries: readonly (readonly string[])[]): readonly string[] {
  return tries.toSorted((one, other) => one.length - other.length)[0] ?? [];
}

function inside(at: Place, name: string): Place {
  return { ...at, path: `${at.path}/${name}` };
}

function entriesOf(value: unknown): readonly (readonly [string, unknown])[] {
  return isOf('object', value) ? Object.entries(value as object) : [];
}

function isOf(type: string, value: unknown): boolean {
  if (type === 'null') return value === null;
  if (type === 'array') return Array.isArray(value);
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
  if (type === 'integer') return Number.isInteger(value);
  return typeof value === type;
}
