import type { Fields } from './checker.ts';
import { type Completion, complete } from './complete.ts';
import { assignOf, type CompileContext, type State } from './context.ts';
import type { Frame } from './frame.ts';
import type { MaybePromise, Step } from './types.ts';
import { booleanKind, compileTyped, type TypedValue } from './typed.ts';
import { compileField } from './value.ts';

interface Rule extends Completion {
  condition: TypedValue<boolean> | undefined;
}

/**
 * Where no rule holds and there is no Default, the service fails the execution with States.Runtime,
 * which nothing catches, and not with the States.NoChoiceMatched of the language's specification.
 */
export function compileChoice(name: string, fields: Fields, context: CompileContext): State {
  fields.allow(['Type', 'Comment', 'QueryLanguage', 'Choices', 'Default', 'Assign', 'Output']);
  const own = {
    output: compileField(fields, 'Output'),
    assign: assignOf(fields, context),
    next: fields.text('Default'),
  };
  const rules = fields
    .list('Choices', { required: true })
    .map((rule, index) => compileRule(rule, index, context));

  function choose(frame: Frame, from: number): MaybePromise<Step> {
    for (let index = from; index < rules.length; index++) {
      const rule = rules[index]!;
      const holds = rule.condition?.evaluate(frame);
      if (holds instanceof Promise)
        return holds.then((late) => (late ? complete(frame, rule, frame.input) : choose(frame, index + 1)));
      if (holds) return complete(frame, rule, frame.input);
    }
    if (own.next !== undefined) return complete(frame, own, frame.input);
    throw frame.failure(
      'States.Runtime',
      'Failed to transition out of the state. The state does not point to a next state.',
    );
  }

  return {
    name,
    targets: [...rules, own].flatMap(({ next }) => next ?? []),
    run: (frame) => choose(frame, 0),
  };
}

/** A rule that holds is all that counts: the state's own Output and Assign are for the Default. */
function compileRule(fields: Fields, index: number, context: CompileContext): Rule {
  fields.allow(['Condition', 'Next', 'Output', 'Assign', 'Comment']);
  fields.comment();
  if (!fields.has('Condition'))
    fields.issue('Condition', 'Condition is missing', 'Add an expression in {% %}.');
  return {
    condition: compileTyped(fields, 'Condition', booleanKind, `Choices[${index}]/Condition`),
    output: compileField(fields, 'Output'),
    assign: assignOf(fields, context),
    next: fields.text('Next', { required: true }),
  };
}
