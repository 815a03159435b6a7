import { describe, type Fields } from './checker.ts';
import { complete } from './complete.ts';
import { assignOf, type CompileContext, type State, transitionOf } from './context.ts';
import type { Frame } from './frame.ts';
import type { MaybePromise } from './types.ts';
import { compileTyped, integerKind, type Kind } from './typed.ts';
import { compileField } from './value.ts';

const secondsMax = 99_999_999;
/** RFC 3339 with the capital T and Z that the language asks for. */
const timestamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

const timestampKind: Kind<string> = {
  expected: 'string',
  is: (value): value is string =>
    typeof value === 'string' && timestamp.test(value) && !Number.isNaN(Date.parse(value)),
  invalid: (field, value) => `The ${field} field is not a valid timestamp: ${JSON.stringify(value)}`,
  fix: 'Write a time such as 2026-11-21T08:00:00Z, or an expression in {% %}.',
};

export function compileWait(name: string, fields: Fields, context: CompileContext): State {
  fields.allow([
    'Type',
    'Comment',
    'QueryLanguage',
    'Seconds',
    'Timestamp',
    'Assign',
    'Output',
    'Next',
    'End',
  ]);
  const delayMs = delayOf(fields);
  const completion = {
    output: compileField(fields, 'Output'),
    assign: assignOf(fields, context),
    next: transitionOf(fields),
  };
  return {
    name,
    targets: completion.next === undefined ? [] : [completion.next],
    async run(frame) {
      const ms = await delayMs(frame);
      if (ms > 0) await frame.scope.sleep(ms);
      return complete(frame, completion, frame.input);
    },
  };
}

function delayOf(fields: Fields): (frame: Frame) => MaybePromise<number> {
  const seconds = compileTyped(fields, 'Seconds', integerKind(0, secondsMax));
  const until = compileTyped(fields, 'Timestamp', timestampKind);
  if ((seconds === undefined) === (until === undefined))
    fields.checker.add(
      fields.path,
      seconds === undefined
        ? 'it has neither Seconds nor Timestamp'
        : `it has both Seconds (${describe(fields.get('Seconds'))}) and Timestamp`,
      'Write exactly one of them.',
    );
  return async (frame) => {
    if (seconds) return (await seconds.evaluate(frame)) * 1000;
    return Date.parse((await until?.evaluate(frame)) ?? '') - frame.run.host.clock.now();
  };
}
