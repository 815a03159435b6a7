/** How large things are in the table, about: a little more than DynamoDB counts, since JSON writes marks that it leaves out. */
import type { HoldfastEvent } from '../event/event.ts';
import type { Execution, Task } from '../execution/execution.ts';
import type { WorkflowDefinition } from '../workflow/definition.ts';
import {
  META_ITEM_BYTES,
  OUTPUT_IN_TASK_BYTES_MAX,
  PLAIN_BYTES_MAX,
  RECORDS_SHRINK_TO,
  TASK_ITEM_BYTES,
  TOKEN_BYTES,
  VALUE_IN_META_BYTES_MAX,
  VALUES_SHRINK_TO,
} from './footprint.ts';

const encoder = new TextEncoder();

/** Bytes of a value as JSON; 0 for none. */
export const jsonBytes = (value: unknown): number =>
  value === undefined ? 0 : encoder.encode(JSON.stringify(value)).length;

/** Bytes of text as the table keeps it. */
const packed = (bytes: number, shrinksTo: number): number =>
  bytes <= PLAIN_BYTES_MAX ? bytes : Math.ceil(bytes * shrinksTo);

/** The same of what says much again and again. */
export const packedRecords = (bytes: number): number => packed(bytes, RECORDS_SHRINK_TO);

/** An item, and the values that lie beside it in items of their own. */
export interface Sized {
  itemBytes: number;
  besideBytes: number[];
}

/** Items that a value takes part in: its own, or one beside it where it is large. */
function kept(values: readonly unknown[], lengthMax: number): Sized {
  const sizes = values.map(jsonBytes);
  const within = sizes.filter((bytes) => bytes <= lengthMax);
  return {
    itemBytes: within.reduce((sum, bytes) => sum + bytes, 0),
    besideBytes: sizes.filter((bytes) => bytes > lengthMax).map((bytes) => packed(bytes, VALUES_SHRINK_TO)),
  };
}

/** `isRunning`: with the tokens of the states that wait. */
export function metaSize(execution: Execution, isRunning = true): Sized {
  const { variables, errors, output, after, correlationId } = execution;
  const { itemBytes, besideBytes } = kept([variables, errors, output], VALUE_IN_META_BYTES_MAX);
  const rest = jsonBytes(after) + jsonBytes(correlationId) + (isRunning ? 2 * TOKEN_BYTES : 0);
  return { itemBytes: META_ITEM_BYTES + itemBytes + rest, besideBytes };
}

/** What of a task varies in size. */
export type TaskContent = Pick<Task, 'taskId'> &
  Partial<Pick<Task, 'output' | 'failure' | 'reason' | 'type'>>;

export function taskSize({ taskId, type = '', output, failure, reason }: TaskContent): Sized {
  const { itemBytes, besideBytes } = kept([output], OUTPUT_IN_TASK_BYTES_MAX);
  const rest = jsonBytes(taskId) + jsonBytes(type) + jsonBytes(failure) + jsonBytes(reason);
  return { itemBytes: TASK_ITEM_BYTES + itemBytes + rest, besideBytes };
}

export const eventBytes = (event: HoldfastEvent): number =>
  jsonBytes({ ...event, executionId: undefined, seq: undefined });

export const definitionBytes = (definition: WorkflowDefinition): number =>
  packedRecords(jsonBytes(definition));

/** A text that an event carries; empty where it doesn't. */
export function textIn({ data }: HoldfastEvent, name: string): string {
  const value = data?.[name];
  return typeof value === 'string' ? value : '';
}
