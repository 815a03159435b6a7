import { expect, test } from 'vitest';
import { compileJsonSchema, InvalidSchema } from '../../../core/json-schema/compile.ts';

test('says in words what does not match', async () => {
  const check = await compileJsonSchema({
    type: 'object',
    required: ['name', 'mode'],
    additionalProperties: false,
    properties: {
      name: { type: 'string' },
      mode: { enum: ['a', 'b'] },
      tags: { type: 'array', uniqueItems: true },
    },
  });
  expect(check({ name: 'x', mode: 'a', tags: [1, 2] })).toEqual([]);
  expect(
    check({
      name: 1,
      mode: 'c',
      extra: true,
      tags: [
        { a: 1, b: 2 },
        { b: 2, a: 1 },
      ],
    }),
  ).toEqual([
    'extra is not known here',
    'name must be string, not 1',
    'mode must be one of "a", "b", not "c"',
    'tags must not have duplicate items',
  ]);
  expect(check({})).toEqual(['name is missing', 'mode is missing']);
});

test.each([
  ['patterns', { type: 'string', pattern: '^(a+)+$' }],
  ['patterns deep inside', { $defs: { a: { pattern: '^(a+)+$' } }, $ref: '#/$defs/a' }],
  ['an alternative', { anyOf: [{ type: 'string', pattern: '^(a+)+$' }, { type: 'null' }] }],
])('matches %s in linear time', async (_what, schema) => {
  const check = await compileJsonSchema(schema);
  expect(check('a'.repeat(50_000))).toEqual([]);
  expect(check(`${'a'.repeat(50_000)}!`)).not.toEqual([]);
});

test('matches names of properties in linear time', async () => {
  const check = await compileJsonSchema({ patternProperties: { '^(a+)+$': false } });
  expect(check({ [`${'a'.repeat(50_000)}!`]: 1 })).toEqual([]);
});

test('stops a schema whose references branch without end', async () => {
  let data: unknown = 'leaf';
  for (let depth = 0; depth < 60; depth++) data = { next: data };
  const branching = {
    type: 'object',
    properties: { next: { anyOf: [{ $ref: '#' }, { $ref: '#' }] } },
  };
  const check = await compileJsonSchema(branching);
  expect(() => check(data)).toThrow(/steps through "\$ref"/);
});

test.each([
  ['an unknown keyword', { type: 'object', propertys: {} }],
  ['an unknown format', { type: 'string', format: 'shoe-size' }],
  ['a reference that leads nowhere', { $ref: 'https://example.org/other.json' }],
  ['a pattern that needs backtracking', { type: 'string', pattern: '(a)\\1' }],
  ['a property named __proto__', JSON.parse('{"properties":{"__proto__":{"type":"string"}}}') as object],
  ['a schema that is too deep', JSON.parse(`${'{"not":'.repeat(200)}{}${'}'.repeat(200)}`) as object],
  ['a schema that is too long', { description: 'x'.repeat(300_000) }],
])('refuses %s', async (_what, schema) => {
  await expect(compileJsonSchema(schema)).rejects.toThrow(InvalidSchema);
});
