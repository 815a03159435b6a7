import { compileCondition, compileExpression, ExpressionSyntaxError } from '../expression/index.ts';
import { splitText } from '../expression/template.ts';
import { type JsonValue, isObject } from '../json.ts';
import type { TaskDefinition, WorkflowDefinition } from '../workflow/definition.ts';
import type { Path } from '../workflow/issues.ts';
import { suggestion } from '../workflow/names.ts';
import { findMissingAncestors, type Read } from './validate-ancestors.ts';
import type { GraphIssue } from './validate.ts';

/**
 * The names that an expression can use, in the order in which they are looked up:
 * 1. variables of the workflow,
 * 2. task ids: `{output, status, error}` of a task that has ended by then,
 * 3. fields of the direct parents' outputs.
 * Beside these, the roots below, which no variable or task hides. `item` and `index` exist inside `map` only.
 */
export const EXPRESSION_ROOTS = ['variables', 'vars', 'tasks', 'results', 'execution'] as const;
export const MAP_ROOTS = ['item', 'index'] as const;

const taskRoots: ReadonlySet<string> = new Set(['tasks', 'results']);

interface Found {
  path: Path;
  source: string;
  names: string[];
}

/** The tasks that an expression may name, and those around them. */
interface Scope {
  /** The tasks of this list, by id. */
  ids: ReadonlyMap<string, number>;
  /** Names that are right wherever they stand: variables, roots, and tasks around a nested list that have ended. */
  open: ReadonlySet<string>;
  /** Names of tasks that exist and have not ended where the nested list runs. */
  closed: ReadonlySet<string>;
  /** A task here sees the fields of outputs that nobody can know now. */
  hasParents: boolean;
}

/**
 * Checks conditions and `${...}` in inputs and in the workflow's output: `syntax` at once, what they read when asked,
 * since that means something only once the edges are right.
 */
export function checkExpressions(definition: WorkflowDefinition): {
  syntax: GraphIssue[];
  references(): GraphIssue[];
} {
  const variables = definition.variables.map((variable) => variable.name);
  const syntax: GraphIssue[] = [];
  const pending: (() => GraphIssue[])[] = [];
  const open = new Set<string>([...variables, ...EXPRESSION_ROOTS]);
  const names = [...variables, ...definition.tasks.map((task) => task.id)];
  visitList(definition.tasks, ['tasks'], open, new Set(), false, names);
  visitOutput();
  return { syntax, references: () => pending.flatMap((check) => check()) };

  function visitList(
    tasks: readonly TaskDefinition[],
    path: Path,
    around: ReadonlySet<string>,
    closed: ReadonlySet<string>,
    hasParents: boolean,
    known: readonly string[],
  ): void {
    const scope: Scope = {
      ids: new Map(tasks.map((task, index) => [task.id, index])),
      open: around,
      closed,
      hasParents,
    };
    const reads: Read[] = [];
    const unknown: GraphIssue[] = [];
    tasks.forEach((task, index) => {
      const at = [...path, index];
      for (const found of ownExpressions(task, at, known, syntax))
        judge(found, task, index, scope, reads, unknown);
      visitNested(task, index, at, tasks, scope, known);
    });
    pending.push(() => [...unknown, ...findMissingAncestors(tasks, reads)]);
  }

  function visitNested(
    task: TaskDefinition,
    index: number,
    at: Path,
    tasks: readonly TaskDefinition[],
    scope: Scope,
    known: readonly string[],
  ): void {
    const nested = nestedTasks(task);
    if (!nested) return;
    const ended = ancestorIds(tasks, index, scope.ids);
    const inner = new Set(nested.tasks.map((each) => each.id));
    const open = new Set([...scope.open, ...ended, ...(task.type === 'map' ? MAP_ROOTS : [])]);
    const closed = new Set(
      [...scope.closed, ...scope.ids.keys()].filter((id) => !ended.has(id) && !inner.has(id)),
    );
    const hasParents = scope.hasParents || ended.size > 0;
    visitList(nested.tasks, [...at, 'input', ...nested.path], open, closed, hasParents, [...known, ...inner]);
  }

  function visitOutput(): void {
    const found: Found[] = [];
    collect(definition.output ?? null, ['output'], names, found, syntax);
    pending.push(() =>
      found.flatMap(({ path, source, names: read }) =>
        read
          .filter(
            (name) => name !== '*' && !open.has(name) && !definition.tasks.some((task) => task.id === name),
          )
          .map((name) => unknownName(path, source, name, names)),
      ),
    );
  }
}

/** A name is a variable, a root, a task that must have ended, or possibly a field of a parent's output. */
function judge(
  { path, source, names }: Found,
  task: TaskDefinition,
  index: number,
  scope: Scope,
  reads: Read[],
  issues: GraphIssue[],
): void {
  const hasParents = scope.hasParents || task.dependsOn.length > 0 || task.triggeredBy.length > 0;
  const readTask = (name: string, isCertain: boolean) => {
    const target = scope.ids.get(name);
    if (target !== undefined) reads.push({ reader: index, target, path, source });
    else if (scope.closed.has(name)) issues.push(notEnded(path, source, name));
    else if (isCertain && !scope.open.has(name))
      issues.push(unknownName(path, source, name, scope.ids.keys()));
  };
  for (const name of names) {
    if (taskRoots.has(name) && scope.open.has(name))
      for (const id of idsUnder(source, name)) readTask(id, true);
    else if (name !== '*' && !scope.open.has(name)) readTask(name, !hasParents);
  }
}

/** The task ids that follow `tasks.` or `results.` in an expression. */
function idsUnder(source: string, root: string): string[] {
  const pattern = new RegExp(
    `(?<![\\w$.\`])${root}\\s*\\.\\s*(?:\`([^\`]+)\`|([\\p{L}_][\\p{L}\\p{N}_]*(?:-[\\p{L}\\p{N}_]+)*))`,
    'gu',
  );
  return [...source.matchAll(pattern)].map((match) => (match[1] ?? match[2])!);
}

function ownExpressions(
  task: TaskDefinition,
  at: Path,
  known: readonly string[],
  syntax: GraphIssue[],
): Found[] {
  const found: Found[] = [];
  if (task.condition !== undefined) {
    const path = [...at, 'condition'];
    attempt(path, syntax, () => {
      const { names, source } = compileCondition(task.condition!, { names: known });
      found.push({ path, names, source });
    });
  }
  const nested = nestedTasks(task);
  const { input } = task;
  // Nested tasks are judged in their own scope.
  const own = nested && isObject(input) ? { ...input, [nested.path[0]!]: null } : input;
  collect(own as JsonValue, [...at, 'input'], known, found, syntax);
  return found;
}

function nestedTasks(task: TaskDefinition): { tasks: TaskDefinition[]; path: Path } | undefined {
  if (!isObject(task.input)) return undefined;
  if (task.type === 'parallel' && Array.isArray(task.input.tasks))
    return { tasks: task.input.tasks as TaskDefinition[], path: ['tasks'] };
  if (task.type === 'map' && isObject(task.input.task))
    return { tasks: [task.input.task as TaskDefinition], path: ['task'] };
  return undefined;
}

/** Every expression in the strings of a value. */
function collect(
  value: JsonValue,
  path: Path,
  known: readonly string[],
  found: Found[],
  syntax: GraphIssue[],
): void {
  if (typeof value === 'string') {
    if (!value.includes('${')) return;
    attempt(path, syntax, () => {
      for (const piece of splitText(value)) {
        if (!('expression' in piece)) continue;
        const { names, source } = compileExpression(piece.expression.trim(), { names: known });
        found.push({ path, names, source });
      }
    });
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value))
      collect(inner, [...path, Array.isArray(value) ? Number(key) : key], known, found, syntax);
  }
}

function attempt(path: Path, syntax: GraphIssue[], compile: () => void): void {
  try {
    compile();
  } catch (error) {
    if (!(error instanceof ExpressionSyntaxError)) throw error;
    syntax.push({ path, message: error.message, fix: error.fix });
  }
}

function ancestorIds(
  tasks: readonly TaskDefinition[],
  index: number,
  ids: ReadonlyMap<string, number>,
): Set<string> {
  const seen = new Set<string>();
  const stack = [index];
  while (stack.length > 0) {
    const task = tasks[stack.pop()!]!;
    for (const edge of [...task.dependsOn, ...task.triggeredBy]) {
      const parent = ids.get(edge.task);
      if (parent === undefined || seen.has(edge.task)) continue;
      seen.add(edge.task);
      stack.push(parent);
    }
  }
  return seen;
}

export function notEnded(path: Path, source: string, name: string): GraphIssue {
  return {
    path,
    message: `\`${source}\` reads the task "${name}", which may not have ended.`,
    fix: `Add "${name}" to dependsOn of this task.`,
  };
}

function unknownName(path: Path, source: string, name: string, known: Iterable<string>): GraphIssue {
  return {
    path,
    message: `\`${source}\` reads "${name}", which is neither a variable nor a task.${suggestion(name, known)}`,
    fix: `Declare it in \`variables\`, name a task, or depend on a task whose output has the field "${name}".`,
  };
}
