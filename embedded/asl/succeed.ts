import type { Fields } from './checker.ts';
import { complete } from './complete.ts';
import type { State } from './context.ts';
import { compileField } from './value.ts';

export function compileSucceed(name: string, fields: Fields): State {
  fields.allow(['Type', 'Comment', 'QueryLanguage', 'Output']);
  const completion = { output: compileField(fields, 'Output'), assign: undefined, next: undefined };
  return { name, targets: [], run: (frame) => complete(frame, completion, frame.input) };
}
