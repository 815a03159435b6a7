import type { Fields } from './checker.ts';
import { complete, requireSize } from './complete.ts';
import { assignOf, type CompileContext, type State, transitionOf } from './context.ts';
import type { Frame } from './frame.ts';
import { compileHandlers, guardedState } from './retry.ts';
import { runStates, together } from './run-states.ts';
import type { Step } from './types.ts';
import { compileField } from './value.ts';

export function compileParallel(name: string, fields: Fields, context: CompileContext): State {
  fields.allow([
    'Type',
    'Comment',
    'QueryLanguage',
    'Branches',
    'Arguments',
    'Retry',
    'Catch',
    'Assign',
    'Output',
    'Next',
    'End',
  ]);
  const branches = fields.list('Branches', { required: true }).map((branch) => {
    branch.allow(['StartAt', 'States', 'Comment']);
    return context.compileStates(branch);
  });
  const args = compileField(fields, 'Arguments');
  const handlers = compileHandlers(fields, context);
  const completion = {
    output: compileField(fields, 'Output', ['result']),
    assign: assignOf(fields, context, ['result']),
    next: transitionOf(fields),
  };

  async function attempt(frame: Frame): Promise<Step> {
    const input = args === undefined ? frame.input : await args.evaluate(frame);
    if (args !== undefined) requireSize(input, name);
    frame.run.record(1);
    const result = await together(frame.scope, (cancellation) =>
      Promise.all(branches.map((branch) => runStates(branch, input, frame.scope.child(cancellation)))),
    );
    frame.run.record(1);
    frame.result = result;
    return complete(frame, completion, result);
  }

  return guardedState(name, handlers, completion.next, attempt);
}
