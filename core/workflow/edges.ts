import type { JsonValue } from '../json.ts';
import { Fields, type Field, isJsonObject } from './fields.ts';
import { describe, type Issues, type Path } from './issues.ts';

/** An edge as written: the other task by id or name. */
export interface Edge {
  task: string;
  on: JsonValue;
  path: Path;
}

const EDGE_FIELDS = { task: ['task', 'id'], on: ['on', 'outcome'] } as const;
const outcomes: Readonly<Record<string, string>> = {
  succeeded: 'success',
  failed: 'failure',
  completed: 'always',
};

/** One task or a list of them, each a name or `{task, on}`. */
export function readEdges(field: Field | undefined, on: string, issues: Issues): Edge[] {
  if (!field) return [];
  if (!Array.isArray(field.value)) return readEdge(field.value, on, field.path, issues);
  return field.value.flatMap((entry, index) => readEdge(entry, on, [...field.path, index], issues));
}

function readEdge(value: JsonValue, on: string, path: Path, issues: Issues): Edge[] {
  if (typeof value === 'string' && value !== '') return [{ task: value, on, path }];
  if (typeof value === 'number') return [{ task: String(value), on, path }];
  if (!isJsonObject(value)) {
    issues.add(
      path,
      `A dependency must be a task's id, not ${describe(value)}.`,
      'Write an id, or {task: id, on: success | failure | always}.',
    );
    return [];
  }
  const fields = new Fields(value, path, EDGE_FIELDS, issues);
  const task = fields.take('task')?.value;
  if (typeof task !== 'string') {
    issues.add(path, 'This dependency names no task.', 'Write {task: id, on: success | failure | always}.');
    return [];
  }
  const outcome = fields.take('on')?.value ?? on;
  return [{ task, on: typeof outcome === 'string' ? (outcomes[outcome] ?? outcome) : outcome, path }];
}
