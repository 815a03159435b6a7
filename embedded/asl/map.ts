import type { JsonValue } from '../../core/json.ts';
import { describe, Fields } from './checker.ts';
import { complete } from './complete.ts';
import { assignOf, type CompileContext, type State, type States, transitionOf } from './context.ts';
import type { Frame } from './frame.ts';
import { compileHandlers, guardedState } from './retry.ts';
import { runStates, together } from './run-states.ts';
import type { Step } from './types.ts';
import { compileTyped, integerKind, unexpectedType } from './typed.ts';
import { compileField, expressionOf, type Value } from './value.ts';

/** The service runs at most this many iterations of an inline Map at once. */
const concurrencyMax = 40;

export function compileMap(name: string, fields: Fields, context: CompileContext): State {
  fields.allow([
    'Type',
    'Comment',
    'QueryLanguage',
    'Items',
    'ItemSelector',
    'ItemProcessor',
    'MaxConcurrency',
    'Retry',
    'Catch',
    'Assign',
    'Output',
    'Next',
    'End',
  ]);
  const items = compileItems(fields);
  const selector = compileField(fields, 'ItemSelector');
  const processor = compileProcessor(fields, context);
  const concurrency = compileTyped(fields, 'MaxConcurrency', integerKind(0, Number.MAX_SAFE_INTEGER));
  const handlers = compileHandlers(fields, context);
  const completion = {
    output: compileField(fields, 'Output', ['result']),
    assign: assignOf(fields, context, ['result']),
    next: transitionOf(fields),
  };

  async function attempt(frame: Frame): Promise<Step> {
    const list = itemsOf(items ? await items.evaluate(frame) : frame.input, frame, fields.get('Items'));
    const wanted = (await concurrency?.evaluate(frame)) ?? 0;
    frame.run.record(1);
    const result = await together(frame.scope, (cancellation) =>
      inOrder(list.length, Math.min(wanted || concurrencyMax, concurrencyMax), async (index) => {
        const value = list[index]!;
        const item = { Index: index, Value: value };
        frame.run.record(1);
        const selected = selector === undefined ? value : await selector.evaluate(frame.forItem(item));
        const output = await runStates(processor, selected, frame.scope.child(cancellation, item));
        frame.run.record(1);
        return output;
      }),
    );
    frame.run.record(1);
    frame.result = result;
    return complete(frame, completion, result);
  }

  return guardedState(name, handlers, completion.next, attempt);
}

function compileItems(fields: Fields): Value | undefined {
  const items = fields.get('Items');
  if (
    items !== undefined &&
    !Array.isArray(items) &&
    (typeof items !== 'string' || expressionOf(items) === undefined)
  )
    fields.issue(
      'Items',
      `Items is ${describe(items)}`,
      'Write an array, or an expression in {% %} that gives one.',
    );
  return compileField(fields, 'Items');
}

function compileProcessor(fields: Fields, context: CompileContext): States {
  const processor = new Fields(fields.get('ItemProcessor'), fields.at('ItemProcessor'), fields.checker);
  processor.allow(['ProcessorConfig', 'StartAt', 'States', 'Comment']);
  if (processor.has('ProcessorConfig')) {
    const config = new Fields(
      processor.get('ProcessorConfig'),
      processor.at('ProcessorConfig'),
      fields.checker,
    );
    if (config.get('Mode') === 'DISTRIBUTED')
      config.issue(
        'Mode',
        'a distributed Map is not supported',
        'Write INLINE, or start a machine for each item.',
      );
    else {
      config.allow(['Mode']);
      config.oneOf('Mode', ['INLINE']);
    }
  }
  return context.compileStates(processor);
}

function itemsOf(value: JsonValue, frame: Frame, written: JsonValue | undefined): JsonValue[] {
  if (Array.isArray(value)) return value;
  const source = typeof written === 'string' ? expressionOf(written) : '$states.input';
  throw frame.failure(
    'States.QueryEvaluationError',
    `The JSONata expression '${source}' specified for the field 'Items' returned ${unexpectedType('array', value)}`,
  );
}

/** Runs `one` for each index, at most `limit` at once; gives the results in the items' order. */
async function inOrder(
  count: number,
  limit: number,
  one: (index: number) => Promise<JsonValue>,
): Promise<JsonValue[]> {
  const results: JsonValue[] = Array.from({ length: count }, () => null);
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      const index = next++;
      results[index] = await one(index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, count) }, worker));
  return results;
}
