import { isObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { Checker, Fields } from './checker.ts';
import { StateFailure } from './errors.ts';
import type { Frame } from './frame.ts';
import { isTooLarge, payloadBytesMax } from './size.ts';
import type { MaybePromise, Step } from './types.ts';
import { compileField, ignoreAll, type Reads, type Value } from './value.ts';

/** How a state, a Choice rule or a Catcher ends: what it assigns, gives and leads to. */
export interface Completion {
  output: Value | undefined;
  assign: Value | undefined;
  next: string | undefined;
}

const variableName = /^[\p{ID_Start}_][\p{ID_Continue}]{0,79}$/u;
const reservedNames = new Set(['states', '__proto__', 'constructor', 'prototype']);

export function compileAssign(fields: Fields, reads: readonly Reads[] = []): Value | undefined {
  const assign = fields.get('Assign');
  if (assign === undefined) return undefined;
  if (!isObject(assign)) {
    fields.issue('Assign', 'it is not an object', 'Write an object from variable names to values.');
    return undefined;
  }
  for (const name of Object.keys(assign))
    checkVariable(name, `${fields.at('Assign')}.${name}`, fields.checker);
  return compileField(fields, 'Assign', reads);
}

function checkVariable(name: string, path: string, checker: Checker): void {
  if (!variableName.test(name))
    checker.add(path, `${name} is not a variable name`, 'Write up to 80 letters, digits and underscores.');
  else if (reservedNames.has(name))
    checker.add(path, `${name} is reserved`, 'Give the variable another name.');
}

/**
 * Ends a state: evaluates Output and Assign against the variables it was entered with, then assigns.
 * Errors: `StateFailure` States.QueryEvaluationError, States.DataLimitExceeded.
 */
export function complete(frame: Frame, completion: Completion, fallback: JsonValue): MaybePromise<Step> {
  const output = completion.output === undefined ? fallback : completion.output.evaluate(frame);
  if (completion.assign === undefined) {
    return output instanceof Promise
      ? output.then((late) => leave(frame, completion, late, undefined))
      : leave(frame, completion, output, undefined);
  }
  let assigned: MaybePromise<JsonValue>;
  try {
    assigned = completion.assign.evaluate(frame);
  } catch (error) {
    ignoreAll([output]);
    throw error;
  }
  if (!(output instanceof Promise) && !(assigned instanceof Promise))
    return leave(frame, completion, output, assigned);
  return Promise.all([output, assigned]).then(([out, variables]) => leave(frame, completion, out, variables));
}

function leave(
  frame: Frame,
  completion: Completion,
  output: JsonValue,
  assigned: JsonValue | undefined,
): Step {
  if (output !== frame.input) requireSize(output, frame.stateName);
  if (assigned !== undefined) {
    if (isTooLarge(assigned))
      throw frame.failure(
        'States.DataLimitExceeded',
        `The variables that the state assigns exceed the limit of ${payloadBytesMax} bytes.`,
      );
    frame.scope.assign(assigned as JsonObject);
  }
  frame.run.record(1);
  return { output, next: completion.next };
}

/** `name` is the state's, or the service that a Task's result is from. Errors: `StateFailure` States.DataLimitExceeded. */
export function requireSize(value: JsonValue, name: string): void {
  if (isTooLarge(value))
    throw new StateFailure(
      'States.DataLimitExceeded',
      `The state/task '${name}' returned a result with a size exceeding the maximum number of bytes service limit.`,
    );
}
