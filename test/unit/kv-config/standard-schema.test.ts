import type { StandardSchemaV1 } from '@standard-schema/spec';
import { expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import { issuePath, type StandardSchema } from '../../../src/kv-config/standard-schema.ts';

it('every validator by the specification is one of ours, with its output type', () => {
  expectTypeOf<StandardSchemaV1<unknown, { port: number }>>().toExtend<StandardSchema<{ port: number }>>();
  const schema = z.object({ port: z.number() });
  expectTypeOf(schema).toExtend<StandardSchema<{ port: number }>>();
  expectTypeOf(schema).not.toExtend<StandardSchema<{ host: string }>>();
});

it('paths of issues are dotted, in both forms that the specification has', () => {
  expect(issuePath({ message: '', path: ['db', { key: 'ports' }, 0] })).toBe('db.ports.0');
  expect(issuePath({ message: '' })).toBe('');
});
