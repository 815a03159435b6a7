import { describe, type Fields } from './checker.ts';
import { compileAssign } from './complete.ts';
import type { Frame } from './frame.ts';
import type { MaybePromise, Step } from './types.ts';
import type { Reads, Value } from './value.ts';

/** A compiled state. */
export interface State {
  name: string;
  /** The states that it can lead to. */
  targets: string[];
  /** Errors: `StateFailure`, `Cancelled`; thrown or rejected. */
  run(frame: Frame): MaybePromise<Step>;
}

/** A compiled sequence of states: a machine, a branch or an item processor. */
export interface States {
  startAt: string;
  byName: ReadonlyMap<string, State>;
}

/** The variables that one sequence of states assigns, within those of the sequence around it. */
export class VariableScope {
  readonly parent: VariableScope | undefined;
  readonly #assigned = new Map<string, string>();

  constructor(parent?: VariableScope) {
    this.parent = parent;
  }

  note(name: string, path: string): void {
    if (!this.#assigned.has(name)) this.#assigned.set(name, path);
  }

  /** The variables that an outer scope assigns too, with where this one does. */
  *clashes(): Generator<[name: string, path: string]> {
    for (const [name, path] of this.#assigned)
      for (let outer = this.parent; outer; outer = outer.parent)
        if (outer.#assigned.has(name)) yield [name, path];
  }
}

/** What compiling one state needs beside its own fields. */
export interface CompileContext {
  variables: VariableScope;
  /** Compiles the states of a branch or an item processor in a scope of their own. */
  compileStates(fields: Fields): States;
}

export function assignOf(
  fields: Fields,
  context: CompileContext,
  reads: readonly Reads[] = [],
): Value | undefined {
  const assign = fields.get('Assign');
  if (typeof assign === 'object' && assign !== null && !Array.isArray(assign))
    for (const name of Object.keys(assign)) context.variables.note(name, `${fields.at('Assign')}.${name}`);
  return compileAssign(fields, reads);
}

/** The next state, or undefined for `End`; exactly one of the two has to be there. */
export function transitionOf(fields: Fields): string | undefined {
  const next = fields.text('Next');
  const end = fields.get('End') ?? false;
  if (typeof end !== 'boolean')
    fields.issue('End', `End is ${describe(end)}`, 'Write true, or Next instead.');
  else if (end && fields.has('Next'))
    fields.issue('End', 'it has both Next and End', 'Take one of them out.');
  else if (!end && !fields.has('Next'))
    fields.checker.add(fields.path, 'it has neither Next nor End', 'Add "Next": "<state>" or "End": true.');
  return next;
}
