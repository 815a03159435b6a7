import type { Fields } from './checker.ts';
import type { State } from './context.ts';
import { StateFailure } from './errors.ts';
import { compileTyped, textKind } from './typed.ts';

export function compileFail(name: string, fields: Fields): State {
  fields.allow(['Type', 'Comment', 'QueryLanguage', 'Error', 'Cause']);
  const error = compileTyped(fields, 'Error', textKind);
  const cause = compileTyped(fields, 'Cause', textKind);
  return {
    name,
    targets: [],
    async run(frame) {
      throw new StateFailure(await error?.evaluate(frame), await cause?.evaluate(frame));
    },
  };
}
