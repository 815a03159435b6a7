import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { JsonObject } from '../../core/json.ts';

/** A recorded run, as `wfcommons/*.json` holds it. */
export interface Recorded {
  name: string;
  criticalPathSeconds: number;
  tasks: { id: string; parents: string[]; runtimeSeconds: number }[];
}

const FOLDER = new URL('../../../shared/data/wfcommons/', import.meta.url);

/** Names of the recorded runs; none where the reference data is not there. */
export const recordedNames = (): string[] =>
  existsSync(FOLDER) ? readdirSync(FOLDER).filter((name) => name.endsWith('.json')) : [];

export const readRecorded = (name: string): Recorded =>
  JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')) as Recorded;

/** The recorded DAG with tasks that wait their runtime × `scale`, or do nothing. */
export function workflowOf({ tasks }: Recorded, name: string, scale?: number): JsonObject {
  const ids = new Map(tasks.map(({ id }, index) => [id, `t${index}`]));
  return {
    name,
    tasks: tasks.map(({ id, parents, runtimeSeconds }) => ({
      id: ids.get(id)!,
      dependsOn: parents.map((parent) => ids.get(parent)!),
      ...(scale === undefined
        ? { type: 'pass' }
        : { type: 'wait', input: { ms: runtimeSeconds * 1000 * scale } }),
    })),
  };
}

export function chain(steps: number, name: string): JsonObject {
  const task = (_: unknown, index: number) => ({
    id: `t${index}`,
    type: 'pass',
    dependsOn: index === 0 ? [] : [`t${index - 1}`],
  });
  return { name, tasks: Array.from({ length: steps }, task) };
}

export function fan(width: number, name: string): JsonObject {
  const tasks: JsonObject[] = Array.from({ length: width }, (_, index) => ({
    id: `t${index}`,
    type: 'pass',
  }));
  return { name, tasks: [...tasks, { id: 'join', type: 'pass', dependsOn: tasks.map(({ id }) => id!) }] };
}
