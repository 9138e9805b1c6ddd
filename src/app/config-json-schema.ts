import { z } from 'zod';
import { type ConfigPath, isSection, valueAt } from './config-layer.ts';
import { configSchema } from './config-schema.ts';
import { DEFAULT_CONFIG, DEFAULT_SERVICE } from './default-config.ts';

const DEFAULTS = { ...DEFAULT_CONFIG, service: DEFAULT_SERVICE };

/** A JSON Schema node, as far as it is read here. */
export interface JsonSchemaNode {
  readonly description?: string;
  readonly default?: unknown;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchemaNode>>;
  readonly additionalProperties?: boolean | JsonSchemaNode;
  readonly items?: JsonSchemaNode;
  readonly anyOf?: readonly JsonSchemaNode[];
  readonly required?: readonly string[];
}

/**
 * The JSON Schema (draft 2020-12) of `pilotfish.yaml`, for editors: every setting with its meaning and default; only
 * what has no default is required.
 */
export function configJsonSchema(): JsonSchemaNode {
  const schema = z.toJSONSchema(configSchema, { io: 'input' }) as JsonSchemaNode;
  return {
    ...withDefaults(schema, []),
    ...{ $id: 'https://pilotfish.dev/pilotfish.schema.json', title: 'pilotfish.yaml' },
  };
}

function withDefaults(node: JsonSchemaNode, path: ConfigPath): JsonSchemaNode {
  const value = valueAt(DEFAULTS, path);
  if (node.properties === undefined)
    return value === undefined || isSection(value) ? node : { ...node, default: value };
  const { required = [], ...rest } = node;
  const missing = required.filter((key) => valueAt(DEFAULTS, [...path, key]) === undefined);
  const properties = Object.entries(node.properties).map(([key, child]) => [key, withDefaults(child, [...path, key])]);
  return { ...rest, properties: Object.fromEntries(properties), ...(missing.length > 0 ? { required: missing } : {}) };
}
