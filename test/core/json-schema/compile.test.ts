import { expect, test } from 'vitest';
import { compileJsonSchema, InvalidSchema } from '../../../core/json-schema/compile.ts';

test('says in words what does not match', () => {
  const check = compileJsonSchema({
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

test('matches patterns in linear time', () => {
  const check = compileJsonSchema({ type: 'string', pattern: '^(a+)+$' });
  expect(check('a'.repeat(50_000))).toEqual([]);
  expect(check(`${'a'.repeat(50_000)}!`)).toHaveLength(1);
});

test('stops a schema whose references branch without end', () => {
  let data: unknown = 'leaf';
  for (let depth = 0; depth < 60; depth++) data = { next: data };
  const branching = {
    type: 'object',
    properties: { next: { anyOf: [{ $ref: '#' }, { $ref: '#' }] } },
  };
  expect(() => compileJsonSchema(branching)(data)).toThrow(/steps through "\$ref"/);
});

test.each([
  ['an unknown keyword', { type: 'object', propertys: {} }],
  ['an unknown format', { type: 'string', format: 'shoe-size' }],
  ['a reference that leads nowhere', { $ref: 'https://example.org/other.json' }],
  ['a pattern that needs backtracking', { type: 'string', pattern: '(a)\\1' }],
  ['a property named __proto__', JSON.parse('{"properties":{"__proto__":{"type":"string"}}}') as object],
  ['a schema that is too deep', JSON.parse(`${'{"not":'.repeat(200)}{}${'}'.repeat(200)}`) as object],
  ['a schema that is too long', { description: 'x'.repeat(300_000) }],
])('refuses %s', (_what, schema) => {
  expect(() => compileJsonSchema(schema)).toThrow(InvalidSchema);
});
