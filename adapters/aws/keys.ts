/**
 * What the keys of the table hold. All of an execution but its log is under `E#<execution>`:
 *
 * | sk | holds |
 * |---|---|
 * | `META` | the execution; the key of the index `listed` |
 * | `T#<layout>#<task>` | a task of one layout (the first, or that of a redrive) |
 * | `G#<layout>#<task>#<level>.<n>` | the ends that one gate of a task with many parents has counted |
 * | `Z#<layout>`, `Z#<layout>#<level>.<n>` | the same for the end of the execution, whose parents are the tasks that end last |
 * | `B#<hash>#<part>` | a large value: variables, an output, errors |
 * | `C#<task>` | the newest checkpoint |
 * | `S#<signal>` | a kept signal |
 * | `AFTER#<order>#<execution>` | an execution that waits for this one's success |
 *
 * `L#<execution>` and `FEED` hold the logs: see `log-segments.ts`.
 */
import { createHash } from 'node:crypto';
import type { Key } from './item-table.ts';

export const META = 'META';

const EXECUTION = 'E#';
const TASK = 'T#';
const BYTES_MAX = 512;

export const executionPk = (executionId: string): string => `${EXECUTION}${executionId}`;
/** Undefined for a key that isn't an execution's. */
export const executionIdOf = (pk: string): string | undefined =>
  pk.startsWith(EXECUTION) ? pk.slice(EXECUTION.length) : undefined;

export const metaKey = (executionId: string): Key => ({ pk: executionPk(executionId), sk: META });

/** The lay-out of the first run: most tasks are found under it before the execution was read. */
export const FIRST_LAYOUT = 'a';
/** Later ones begin with their run. They have no `#` in them. */
export const layoutName = (run: number, hash: string): string => `${run}-${hash}`;
/** The run whose task has this sort key. */
export const runOf = (sk: string): number => Number.parseInt(sk.slice(TASK.length), 10) || 1;

export const taskPrefix = (layout: string): string => `${TASK}${layout}#`;
export const taskSk = (layout: string, taskId: string): string => taskPrefix(layout) + taskId;
export const isTaskSk = (sk: string): boolean => sk.startsWith(TASK);
export const taskIdOf = (sk: string): string => sk.slice(sk.indexOf('#', TASK.length) + 1);

export const gatesPrefix = (layout: string): string => `G#${layout}#`;
export const gateSk = (layout: string, taskId: string, gate: string): string =>
  `${gatesPrefix(layout)}${taskId}#${gate}`;
export const endPrefix = (layout: string): string => `Z#${layout}`;
export const endGateSk = (layout: string, gate: string): string => `${endPrefix(layout)}#${gate}`;

export const checkpointSk = (taskId: string): string => `C#${taskId}`;
export const SIGNALS = 'S#';
/** Clients choose the ids of signals: a long one is told by its hash. */
export const signalSk = (signalId: string): string => {
  const fits = Buffer.byteLength(signalId) <= BYTES_MAX;
  return SIGNALS + (fits ? signalId : `sha256:${createHash('sha256').update(signalId).digest('hex')}`);
};
export const AFTER = 'AFTER#';
export const afterSk = (order: string, executionId: string): string => `${AFTER}${order}#${executionId}`;

/** In the index `listed`: spread, because every execution of a status goes through here. */
const LIST_SHARDS = 8;
const LISTS = ['open', 'SUCCEEDED', 'FAILED', 'CANCELLED'] as const;
type List = (typeof LISTS)[number];

const listOf = (status: string): List =>
  (LISTS as readonly string[]).includes(status) ? (status as List) : 'open';
const listKey = (list: List, shard: number): string => `X#${list}#${shard}`;

export function listShardOf(executionId: string): number {
  return createHash('sha256').update(executionId).digest()[0]! % LIST_SHARDS;
}
export const listPk = (executionId: string, status: string): string =>
  listKey(listOf(status), listShardOf(executionId));
/** Where executions of these statuses are listed; of any, unless given. */
export function listPks(statuses?: readonly string[]): string[] {
  const lists = new Set(statuses ? statuses.map(listOf) : LISTS);
  return [...lists].flatMap((list) =>
    Array.from({ length: LIST_SHARDS }, (_, shard) => listKey(list, shard)),
  );
}

/** Whether executions of several statuses are in one list. */
export const isMixedList = (pk: string): boolean => pk.startsWith('X#open#');

/** In the index `related`. */
export const childrenPk = (executionId: string): string => `CHILD#${executionId}`;
/** Of tasks parked because no node can run them. */
export const UNPLACED_PK = 'UNPLACED';
export const parkedPk = (type: string): string => `PARKED#${type}`;

export const logPk = (executionId: string): string => `L#${executionId}`;
export const FEED = 'FEED';

let made = 0;

/**
 * Sorts what is made later behind what was made before: by time, and within a process by the order of the calls. `id` tells
 * apart what two processes make at once.
 */
export function orderKey(atMs: number, id: string): string {
  made = (made + 1) % 1_000_000;
  const tie = createHash('sha256').update(id).digest('base64url').slice(0, 6);
  return `${pad(Math.max(0, Math.floor(atMs)), 14)}.${pad(made, 6)}.${tie}`;
}

export const pad = (number: number, digits: number): string => String(number).padStart(digits, '0');
