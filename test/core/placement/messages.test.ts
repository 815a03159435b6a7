import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HoldfastError } from '../../../core/errors.ts';
import { decodeWork, encodeWork, type WorkMessage } from '../../../core/placement/messages.ts';
import { definitionRefusal } from '../../../core/workflow/check.ts';
import { parseWorkflow } from '../../../core/workflow/parse.ts';

const definition = parseWorkflow({
  name: 'one',
  tasks: [{ id: 'a', type: 'echo', input: { n: '${input}' } }],
  variables: ['input'],
});
const parent = { executionId: 'ex_1', taskId: 'a', attempt: 2, run: 1 };
const start: WorkMessage = {
  type: 'start',
  id: 'wk_1',
  kind: 'task',
  definition,
  variables: { input: [1, { b: null }] },
  priority: 5,
  parent,
  precedence: 'flash',
  sinceMs: 1000,
  untilMs: 2000,
};
const MESSAGES: WorkMessage[] = [
  start,
  { type: 'cancel', id: 'wk_1' },
  { type: 'ended', id: 'wk_1', parent, result: { ok: true, output: { done: [true] } } },
  { type: 'ended', id: 'wk_1', parent, result: { ok: true, output: null }, ranMs: 12.5 },
  {
    type: 'ended',
    id: 'wk_1',
    parent,
    result: { ok: false, failure: { error: 'E', cause: '', retryable: true } },
  },
];

const said = (message: object) => () => decodeWork(new TextEncoder().encode(JSON.stringify(message)));

describe('messages of work', () => {
  it.each(MESSAGES)('come as they went: $type', (message) => {
    expect(decodeWork(encodeWork(message))).toEqual(message);
  });

  it.each([
    [{ ...start, type: 'begin' }, 'has "begin" as type; it must be start, cancel or ended'],
    [{ ...start, id: '' }, 'has "" as id; it must be text of 1 to 500 characters'],
    [{ ...start, kind: 'map' }, 'has "map" as kind; it must be task or child'],
    [{ ...start, parent: { ...parent, attempt: 0 } }, 'has 0 as attempt; it must be a number from 1'],
    [{ ...start, precedence: 'soon' }, 'has "soon" as precedence'],
    [{ ...start, untilMs: '1' }, 'has "1" as untilMs'],
    [{ ...start, variables: [] }, 'has [] as variables; it must be an object'],
    [{ type: 'ended', id: 'a', parent }, 'has nothing as result; it must be an object'],
    [
      { type: 'ended', id: 'a', parent, result: { ok: false, failure: { error: 'E' } } },
      'result.failure.cause',
    ],
  ])('are refused with what came: %j', (message, reason) => {
    expect(said(message)).toThrow(reason);
  });

  it('are refused whatever bytes they are, with an error of their own', () =>
    fc.assert(
      fc.property(
        fc.constantFrom(...MESSAGES),
        fc.array(fc.tuple(fc.nat(), fc.nat(255))),
        (message, changes) => {
          const bytes = encodeWork(message);
          for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
          try {
            decodeWork(bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(HoldfastError);
          }
        },
      ),
    ));
});

describe('a definition from another node', () => {
  it('is taken where it is canonical', () => {
    expect(definitionRefusal(definition)).toBeUndefined();
    const [task] = definition.tasks;
    const bound = { ...definition, tasks: [{ ...task, bindings: { item: 1, index: 0 } }] };
    expect(definitionRefusal(bound)).toBeUndefined();
  });

  it.each([
    ['an unknown field', { ...definition, sudo: true }, 'There is no field "sudo"'],
    ['no tasks', { ...definition, tasks: [] }, 'is too short'],
    [
      'an edge that leads nowhere',
      { ...definition, tasks: [{ ...definition.tasks[0], dependsOn: [{ task: 'b' }] }] },
      '"b"',
    ],
    [
      'an expression that is none',
      { ...definition, tasks: [{ ...definition.tasks[0], condition: '1 +' }] },
      '1 +',
    ],
    ['text', 'a workflow', 'workflow'],
  ])('is refused with %s', (_, given, reason) => {
    expect(definitionRefusal(given)).toMatchObject({
      name: 'InvalidDefinition',
      message: expect.stringContaining(reason),
    });
  });
});
