import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../core/json.ts';
import { VirtualClock } from '../virtual-clock.ts';
import { definition, failure, issuesOf, runStates, task } from './support.ts';

const map = (fields: JsonObject, states: JsonObject): JsonObject => ({
  S: {
    Type: 'Map',
    ItemProcessor: { ProcessorConfig: { Mode: 'INLINE' }, StartAt: Object.keys(states)[0]!, States: states },
    ...fields,
    End: true,
  },
});

describe('a Map state', () => {
  it('runs each item of its input', async () => {
    const { result } = await runStates(
      map({}, { P: { Type: 'Pass', Output: '{% $states.input * 2 %}', End: true } }),
      {
        input: [1, 2, 3],
      },
    );
    expect(result.output).toEqual([2, 4, 6]);
  });

  it('selects items with the index, the value and the state input', async () => {
    const selector = {
      index: '{% $states.context.Map.Item.Index %}',
      value: '{% $states.context.Map.Item.Value %}',
      shared: '{% $states.input.shared %}',
    };
    const { result } = await runStates(
      map({ Items: '{% $states.input.items %}', ItemSelector: selector }, { P: { Type: 'Succeed' } }),
      { input: { items: ['a', 'b'], shared: 1 } },
    );
    expect(result.output).toEqual([
      { index: 0, value: 'a', shared: 1 },
      { index: 1, value: 'b', shared: 1 },
    ]);
  });

  it('takes literal items and keeps the item in the context of its states', async () => {
    const { result } = await runStates(
      map(
        { Items: ['a', '{% $states.input.n %}'] },
        {
          P: {
            Type: 'Pass',
            Output: '{% $string($states.context.Map.Item.Index) & $states.input %}',
            End: true,
          },
        },
      ),
      { input: { n: 'b' } },
    );
    expect(result.output).toEqual(['0a', '1b']);
  });

  it('keeps the order of the items whatever order they end in, and never exceeds MaxConcurrency', async () => {
    const delays = fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(delays, fc.integer({ min: 0, max: 5 }), async (items, concurrency) => {
        const clock = new VirtualClock();
        let running = 0;
        let most = 0;
        const { result } = await runStates(
          map({ MaxConcurrency: '{% $limit %}' }, { T: { ...task, End: true } }),
          {
            clock,
            input: items,
            first: 'L',
            ...limited(concurrency),
            async invoke(call) {
              most = Math.max(most, ++running);
              await clock.sleep(call.arguments as number);
              running--;
              return call.arguments;
            },
          },
        );
        expect(result.output).toEqual(items);
        expect(most).toBeLessThanOrEqual(concurrency || 40);
      }),
      { numRuns: 40 },
    );
  });

  it('fails with the first failure, starts no further item and can be caught', async () => {
    const { result, calls } = await runStates(
      {
        ...map(
          { MaxConcurrency: 1, Catch: [{ ErrorEquals: ['E'], Next: 'Z' }] },
          { T: { ...task, End: true } },
        ),
        Z: { Type: 'Succeed' },
      },
      {
        input: [1, 2, 3],
        invoke(call) {
          if (call.arguments === 2) throw failure('E', 'two');
          return null;
        },
      },
    );
    expect(result.output).toEqual({ Error: 'E', Cause: 'two' });
    expect(calls.map((call) => call.arguments)).toEqual([1, 2]);
  });

  it('fails where the items are no array', async () => {
    const { result } = await runStates(map({ Items: '{% $states.input.n %}' }, { P: { Type: 'Succeed' } }), {
      input: { n: 3 },
    });
    expect(result.error).toBe('States.QueryEvaluationError');
    expect(result.cause).toContain(
      "The JSONata expression '$states.input.n' specified for the field 'Items'",
    );
  });

  it.each([
    [{ ToleratedFailureCount: 1 }, 'States.S.ToleratedFailureCount'],
    [{ ItemReader: {} }, 'States.S.ItemReader'],
    [{ ItemsPath: '$.x' }, 'States.S.ItemsPath'],
    [{ Items: 'text' }, 'States.S.Items'],
    [{ MaxConcurrency: -1 }, 'States.S.MaxConcurrency'],
  ])('refuses %j', (fields, path) => {
    expect(issuesOf(definition(map(fields, { P: { Type: 'Succeed' } })))[0]).toContain(`${path}: `);
  });

  it('refuses a distributed Map', () => {
    const processor = {
      ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
      StartAt: 'P',
      States: { P: { Type: 'Succeed' } },
    };
    const states = { S: { Type: 'Map', ItemProcessor: processor, End: true } };
    expect(issuesOf(definition(states))).toEqual([
      'States.S.ItemProcessor.ProcessorConfig.Mode: a distributed Map is not supported',
    ]);
  });
});

/** Nothing but the variable that MaxConcurrency reads, assigned first. */
function limited(limit: number): { top: JsonObject } {
  const { S } = map({ MaxConcurrency: '{% $limit %}' }, { T: { ...task, End: true } });
  return { top: { States: { L: { Type: 'Pass', Assign: { limit }, Next: 'S' }, S: S! } } };
}
