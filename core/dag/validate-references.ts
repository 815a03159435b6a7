import { childFields } from '../execution/program.ts';
import { compileCondition, compileExpression, ExpressionSyntaxError } from '../expression/index.ts';
import { splitText } from '../expression/template.ts';
import { isObject, type JsonValue } from '../json.ts';
import type { TaskDefinition, WorkflowDefinition } from '../workflow/definition.ts';
import type { Path } from '../workflow/issues.ts';
import { suggestion } from '../workflow/names.ts';
import type { GraphIssue } from './validate.ts';
import { findMissingAncestors, type Read } from './validate-ancestors.ts';

/**
 * What a name in an expression stands for; the first that applies:
 * 1. a variable of the workflow (inside `map` also `item` and `index`),
 * 2. a task by its id, `{output, status, error}`, which must have ended by then,
 * 3. one of these roots,
 * 4. a field of a direct parent's output, where the task has parents.
 * The workflow's own output and the aggregate of a `map` read `outputs` too: all outputs in the order written.
 */
export const EXPRESSION_ROOTS = ['variables', 'vars', 'tasks', 'results', 'execution'] as const;

const taskRoots: ReadonlySet<string> = new Set(['tasks', 'results']);

interface Found {
  path: Path;
  source: string;
  names: readonly string[];
}

/** A list of tasks and what can be named in it. */
interface Scope {
  tasks: readonly TaskDefinition[];
  ids: ReadonlyMap<string, number>;
  /** Names that are right for every task of the list. */
  names: ReadonlySet<string>;
  reads: Read[];
  /** The task that this list is inside of. */
  outer?: { scope: Scope; index: number };
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
  const reader = createReader([...variables, ...allIds(definition.tasks)]);
  const checks: (() => GraphIssue[])[] = [];
  const top = visitList(definition.tasks, ['tasks'], new Set(variables), undefined);
  const output = reader.inValue(definition.output ?? null, ['output']);
  checks.push(() => output.flatMap((found) => atEnd(found, top)));
  return { syntax: reader.syntax, references: () => checks.flatMap((check) => check()) };

  function visitList(
    tasks: readonly TaskDefinition[],
    path: Path,
    names: ReadonlySet<string>,
    outer: Scope['outer'],
  ): Scope {
    const ids = new Map(tasks.map((task, index) => [task.id, index]));
    const scope: Scope = { tasks, ids, names, reads: [], outer };
    tasks.forEach((task, index) => {
      // The one task of a map stands by itself, not in a list.
      const at = path.at(-1) === 'task' ? path : [...path, index];
      const found = reader.inTask(task, at);
      if (found.length > 0) checks.push(() => found.flatMap((each) => judge(each, scope, index)));
      visitNested(task, at, { scope, index });
    });
    checks.push(() => findMissingAncestors(tasks, scope.reads));
    return scope;
  }

  function visitNested(task: TaskDefinition, at: Path, outer: { scope: Scope; index: number }): void {
    const nested = nestedTasks(task);
    if (!nested) return;
    const isMap = task.type === 'map';
    const inner = visitList(
      nested,
      [...at, 'input', isMap ? 'task' : 'tasks'],
      new Set(isMap ? ['item', 'index'] : []),
      outer,
    );
    if (!isMap || !isObject(task.input) || typeof task.input.aggregate !== 'string') return;
    const aggregate = reader.inCondition(task.input.aggregate, [...at, 'input', 'aggregate']);
    checks.push(() => aggregate.flatMap((found) => atEnd(found, inner)));
  }
}

/** Reads expressions and collects those that don't parse. */
function createReader(names: readonly string[]) {
  const syntax: GraphIssue[] = [];
  const attempt = (path: Path, compile: () => Found[]): Found[] => {
    try {
      return compile();
    } catch (error) {
      if (!(error instanceof ExpressionSyntaxError)) throw error;
      syntax.push({ path, message: error.message, fix: error.fix });
      return [];
    }
  };

  const inCondition = (source: string, path: Path): Found[] =>
    attempt(path, () => [{ path, ...compileCondition(source, { names }) }]);

  const inText = (text: string, path: Path): Found[] =>
    !text.includes('${')
      ? []
      : attempt(path, () =>
          splitText(text).flatMap((piece) =>
            'expression' in piece ? [{ path, ...compileExpression(piece.expression.trim(), { names }) }] : [],
          ),
        );

  const inValue = (value: JsonValue, path: Path): Found[] => {
    if (typeof value === 'string') return inText(value, path);
    if (Array.isArray(value)) return value.flatMap((item, index) => inValue(item, [...path, index]));
    if (typeof value !== 'object' || value === null) return [];
    return Object.entries(value).flatMap(([key, inner]) => inValue(inner, [...path, key]));
  };

  const inTask = (task: TaskDefinition, at: Path): Found[] => {
    const condition = task.condition === undefined ? [] : inCondition(task.condition, [...at, 'condition']);
    const placement = task.placement === undefined ? [] : inValue(task.placement, [...at, 'placement']);
    return [...condition, ...placement, ...inValue(ownInput(task), [...at, 'input'])];
  };

  return { syntax, inCondition, inValue, inTask };
}

/** The input without what is nested in it, which is judged where it runs. */
function ownInput({ type, input }: TaskDefinition): JsonValue {
  const nested = childFields(type);
  if (nested.length === 0 || !isObject(input)) return input;
  return Object.fromEntries(Object.entries(input).filter(([key]) => !nested.includes(key)));
}

/** What is wrong with the names of one expression of a task. Tasks that it reads are kept, to be checked together. */
function judge({ path, source, names }: Found, scope: Scope, index: number): GraphIssue[] {
  return names.flatMap((name) => {
    const isTaskRoot = taskRoots.has(name) && !isNamed(name, scope);
    if (isTaskRoot) return idsUnder(source, name).flatMap((id) => readUnderRoot(id));
    if (name === '*' || isKnown(name, scope, index, { path, source })) return [];
    return mayHaveParents(scope, index) ? [] : unknownName(path, source, name, scope);
  });

  function readUnderRoot(id: string): GraphIssue[] {
    const target = scope.ids.get(id);
    if (target === undefined) return [unknownTask(path, source, id, scope)];
    scope.reads.push({ reader: index, target, path, source });
    return [];
  }
}

/** Looks a name up from the innermost list outwards. */
function isKnown(name: string, scope: Scope, index: number, place: { path: Path; source: string }): boolean {
  for (let at: Scope['outer'] = { scope, index }; at; at = at.scope.outer) {
    if (at.scope.names.has(name)) return true;
    const target = at.scope.ids.get(name);
    if (target === undefined) continue;
    at.scope.reads.push({ reader: at.index, target, ...place });
    return true;
  }
  return (EXPRESSION_ROOTS as readonly string[]).includes(name);
}

function isNamed(name: string, scope: Scope): boolean {
  for (let at: Scope | undefined = scope; at; at = at.outer?.scope)
    if (at.names.has(name) || at.ids.has(name)) return true;
  return false;
}

function mayHaveParents(scope: Scope, index: number): boolean {
  for (let at: Scope['outer'] = { scope, index }; at; at = at.scope.outer) {
    const task = at.scope.tasks[at.index]!;
    if (task.dependsOn.length > 0 || task.triggeredBy.length > 0) return true;
  }
  return false;
}

/** An expression that is evaluated when every task of the list has ended. */
function atEnd({ path, source, names }: Found, scope: Scope): GraphIssue[] {
  return names.flatMap((name) => {
    if (taskRoots.has(name) && !isNamed(name, scope))
      return idsUnder(source, name).flatMap((id) =>
        scope.ids.has(id) ? [] : unknownTask(path, source, id, scope),
      );
    const isRoot = name === 'outputs' || (EXPRESSION_ROOTS as readonly string[]).includes(name);
    if (name === '*' || isRoot || isNamed(name, scope)) return [];
    return scope.outer && mayHaveParents(scope.outer.scope, scope.outer.index)
      ? []
      : unknownName(path, source, name, scope);
  });
}

/** The task ids that follow `tasks.` or `results.` in an expression. */
function idsUnder(source: string, root: string): string[] {
  const id = '[\\p{L}_][\\p{L}\\p{N}_]*(?:-[\\p{L}\\p{N}_]+)*';
  const pattern = new RegExp(`(?<![\\w$.\`])${root}\\s*\\.\\s*(?:\`([^\`]+)\`|(${id}))`, 'gu');
  return [...source.matchAll(pattern)].map((match) => (match[1] ?? match[2])!);
}

function nestedTasks({ type, input }: TaskDefinition): TaskDefinition[] | undefined {
  if (!isObject(input)) return undefined;
  if (type === 'parallel' && Array.isArray(input.tasks)) return input.tasks as TaskDefinition[];
  if (type === 'map' && isObject(input.task)) return [input.task as TaskDefinition];
  return undefined;
}

function allIds(tasks: readonly TaskDefinition[]): string[] {
  return tasks.flatMap((task) => [task.id, ...allIds(nestedTasks(task) ?? [])]);
}

function unknownName(path: Path, source: string, name: string, scope: Scope): GraphIssue {
  const known = [...scope.names, ...scope.ids.keys()];
  return {
    path,
    message: `\`${source}\` reads "${name}", which is neither a variable nor a task.${suggestion(name, known)}`,
    fix: `Declare it in \`variables\`, name a task, or depend on a task whose output has the field "${name}".`,
  };
}

function unknownTask(path: Path, source: string, id: string, scope: Scope): GraphIssue {
  return {
    path,
    message: `\`${source}\` reads the task "${id}", which is not there.${suggestion(id, scope.ids.keys())}`,
    fix: scope.outer
      ? 'Inside a task, `tasks` holds its inner tasks; write the id of an outer one without `tasks.`.'
      : 'Name a task of this workflow by its id.',
  };
}
