/** What nodes tell each other of work: JSON in UTF-8, a message a payload. */
import { parseJson } from '../api/json-text.ts';
import { InvalidInput } from '../errors.ts';
import { isObject, type JsonObject, type JsonValue } from '../json.ts';
import type { Work, WorkEnd, WorkParent } from '../ports/remote-work.ts';
import { PRECEDENCES } from '../satellite/precedence.ts';
import type { WorkflowDefinition } from '../workflow/definition.ts';

export type WorkMessage =
  | ({ type: 'start' } & Work)
  | { type: 'cancel'; id: string }
  | ({ type: 'ended' } & WorkEnd);

export const encodeWork = (message: WorkMessage): Uint8Array =>
  new TextEncoder().encode(JSON.stringify(message));

/**
 * The definition of a start is not checked: `checkDefinition` does, and so its sender can be answered. Errors: `InvalidInput`,
 * `MalformedJson`.
 */
export function decodeWork(bytes: Uint8Array): WorkMessage {
  const message = object(parseJson(textOf(bytes)), 'the message');
  const { type } = message;
  const id = text(message, 'id');
  if (type === 'cancel') return { type, id };
  const parent = parentOf(object(message.parent, 'parent'));
  if (type === 'ended') {
    const ran = message.ranMs === undefined ? {} : { ranMs: number(message, 'ranMs', 0, TIME_MAX) };
    return { type, id, parent, result: resultOf(object(message.result, 'result')), ...ran };
  }
  if (type !== 'start') throw wrong('type', type, 'start, cancel or ended');
  const { kind, precedence } = message;
  if (kind !== 'task' && kind !== 'child') throw wrong('kind', kind, 'task or child');
  const known = PRECEDENCES.find((each) => each === precedence);
  if (known === undefined) throw wrong('precedence', precedence, PRECEDENCES.join(', '));
  return {
    type,
    id,
    kind,
    definition: object(message.definition, 'definition') as unknown as WorkflowDefinition,
    variables: object(message.variables, 'variables'),
    priority: number(message, 'priority', -1000, 1000),
    parent,
    precedence: known,
    sinceMs: number(message, 'sinceMs', 0, TIME_MAX),
    untilMs: number(message, 'untilMs', 0, TIME_MAX),
  };
}

const TEXT_MAX = 500;
/** The last instant that dates know. */
const TIME_MAX = 8.64e15;

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new InvalidInput('A message of work is no UTF-8.', SEND);
  }
}

function parentOf(parent: JsonObject): WorkParent {
  return {
    executionId: text(parent, 'executionId'),
    taskId: text(parent, 'taskId'),
    attempt: number(parent, 'attempt', 1, Number.MAX_SAFE_INTEGER),
    run: number(parent, 'run', 1, Number.MAX_SAFE_INTEGER),
  };
}

function resultOf({ ok, output = null, failure }: JsonObject): WorkEnd['result'] {
  if (ok === true) return { ok, output };
  if (ok !== false) throw wrong('result.ok', ok, 'true or false');
  const why = object(failure, 'result.failure');
  const { cause, retryable } = why;
  if (typeof cause !== 'string') throw wrong('result.failure.cause', cause, 'text');
  if (typeof retryable !== 'boolean') throw wrong('result.failure.retryable', retryable, 'true or false');
  return { ok, failure: { error: text(why, 'error'), cause, retryable } };
}

function object(value: JsonValue | undefined, name: string): JsonObject {
  if (isObject(value)) return value;
  throw wrong(name, value, 'an object');
}

function text(of: JsonObject, name: string): string {
  const value = of[name];
  if (typeof value === 'string' && value !== '' && value.length <= TEXT_MAX) return value;
  throw wrong(name, value, `text of 1 to ${TEXT_MAX} characters`);
}

function number(of: JsonObject, name: string, least: number, most: number): number {
  const value = of[name];
  if (typeof value === 'number' && value >= least && value <= most) return value;
  throw wrong(name, value, `a number from ${least} to ${most}`);
}

const SEND = 'Run releases of Holdfast on both nodes that know each other.';

const wrong = (name: string, came: JsonValue | undefined, right: string): InvalidInput =>
  new InvalidInput(
    `A message of work has ${JSON.stringify(came)?.slice(0, 100) ?? 'nothing'} as ${name}; it must be ${right}.`,
    SEND,
  );
