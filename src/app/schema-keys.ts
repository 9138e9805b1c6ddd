import { z } from 'zod';
import type { ConfigPath } from './config-layer.ts';

/** The keys that the schema knows at `path`; empty where keys are free. For "did you mean". */
export function keysAt(schema: z.ZodType, path: ConfigPath): readonly string[] {
  const [step, ...rest] = path;
  return alternatives(schema).flatMap((inner) => {
    if (inner instanceof z.ZodObject) {
      if (step === undefined) return Object.keys(inner.shape);
      const next = Object.hasOwn(inner.shape, step) ? inner.shape[step] : undefined;
      return next instanceof z.ZodType ? keysAt(next, rest) : [];
    }
    const element =
      inner instanceof z.ZodRecord ? inner.valueType : inner instanceof z.ZodArray ? inner.element : undefined;
    return step !== undefined && element instanceof z.ZodType ? keysAt(element, rest) : [];
  });
}

/** A schema without its optional wrappings, or the members of a union. */
function alternatives(schema: z.ZodType): readonly z.ZodType[] {
  if (schema instanceof z.ZodOptional) return alternatives(schema.unwrap() as z.ZodType);
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((option) => alternatives(option as z.ZodType));
  return [schema];
}
