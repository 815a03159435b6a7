import type { Fields } from './checker.ts';
import { complete } from './complete.ts';
import { assignOf, type CompileContext, type State, transitionOf } from './context.ts';
import { compileField } from './value.ts';

export function compilePass(name: string, fields: Fields, context: CompileContext): State {
  fields.allow(['Type', 'Comment', 'QueryLanguage', 'Assign', 'Output', 'Next', 'End']);
  const completion = {
    output: compileField(fields, 'Output'),
    assign: assignOf(fields, context),
    next: transitionOf(fields),
  };
  return {
    name,
    targets: completion.next === undefined ? [] : [completion.next],
    run: (frame) => complete(frame, completion, frame.input),
  };
}
