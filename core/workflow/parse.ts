import { validateGraph } from '../dag/validate.ts';
import { InvalidDefinition } from '../errors.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import { loadLinearRegex } from '../linear-regex.ts';
import { checkExpressions } from '../dag/validate-references.ts';
import type { Context } from './context.ts';
import type { TaskDefinition, WorkflowDefinition } from './definition.ts';
import { definitionSchema, taskSchema } from './definition-schema.ts';
import { readDocument, type SourceDocument } from './document.ts';
import { isJsonObject } from './fields.ts';
import { describe, Issues, type Path } from './issues.ts';
import { normalise } from './normalise.ts';
import { Origins } from './origins.ts';
import { reportSchemaIssues } from './schema-issues.ts';
import { readSingleTask } from './task-list.ts';
import { checkVariables } from './declarations.ts';

// Whoever reads definitions checks their regular expressions too; what only runs them loads re2js when one is met.
await loadLinearRegex();

export interface ParseOptions {
  /** Of a text; JSON is tried first when absent. */
  format?: 'json' | 'yaml';
  /** What to call the document in messages: a file name. */
  source?: string;
}

/**
 * Reads a workflow in any accepted form and checks all of it.
 * Errors: `InvalidDefinition` with every problem found, each with its line and column where the document is text.
 */
export function parseWorkflow(document: string | object, options: ParseOptions = {}): WorkflowDefinition {
  const context: Context = { issues: new Issues(), origins: new Origins(), numberUnit: 'ms' };
  const read = readDocument(document, options.format, context.issues);
  const definition = isWorkflowObject(read.value, context)
    ? complete(normalise(read.value, context), context)
    : undefined;
  if (definition) check(definition, context);
  if (definition && context.issues.isEmpty) return definition;
  throw refusal(options.source ?? 'workflow', context, read);
}

/**
 * One task in any accepted spelling, with its id and defaults filled in: a standalone task, or what a `map` repeats.
 * `index` makes the id of a task that has neither id, name nor type unique among its neighbours.
 * Errors: `InvalidDefinition`.
 */
export function normaliseTask(
  task: JsonObject,
  index = 0,
  options: { source?: string } = {},
): TaskDefinition {
  const context: Context = { issues: new Issues(), origins: new Origins(), numberUnit: 'ms' };
  const read = readDocument(task, undefined, context.issues);
  const draft = context.issues.isEmpty
    ? readSingleTask(read.value as JsonValue, [], [], context, index)
    : undefined;
  const parsed = draft && taskSchema.safeParse(draft, { reportInput: true });
  if (parsed && !parsed.success) reportSchemaIssues(parsed.error, [], context);
  if (parsed?.success && context.issues.isEmpty) return parsed.data;
  throw refusal(options.source ?? 'task', context, read);
}

function isWorkflowObject(value: JsonValue | undefined, { issues }: Context): value is JsonObject {
  // A document that can't be read as it stands would only give echoes further on.
  if (!issues.isEmpty) return false;
  if (isJsonObject(value)) return true;
  if (value !== undefined)
    issues.add(
      [],
      Array.isArray(value)
        ? 'A list of tasks is not a workflow.'
        : `A workflow must be an object, not ${describe(value)}.`,
      'Write `name:` and, under `tasks:`, the list.',
    );
  return false;
}

/** The definition with its defaults, or undefined with issues. */
function complete(workflow: JsonObject, context: Context): WorkflowDefinition | undefined {
  // What is missing as a whole has been said already, in the document's own words.
  if (workflow.name === undefined || workflow.tasks === undefined) return undefined;
  if (!context.issues.isEmpty && (workflow.tasks as JsonValue[]).length === 0) return undefined;
  const parsed = definitionSchema.safeParse(workflow, { reportInput: true });
  if (parsed.success) return parsed.data;
  reportSchemaIssues(parsed.error, [], context);
  return undefined;
}

function check(definition: WorkflowDefinition, context: Context): void {
  const report = (issue: { path: Path; message: string; fix: string }) =>
    context.issues.add(context.origins.resolve(issue.path), issue.message, issue.fix);
  for (const issue of checkVariables(definition.variables)) report(issue);
  for (const issue of validateGraph(definition)) report(issue);
  const expressions = checkExpressions(definition);
  for (const issue of expressions.syntax) report(issue);
  // What an expression reads depends on the edges; it is judged once these are right.
  if (context.issues.isEmpty) for (const issue of expressions.references()) report(issue);
}

function refusal(source: string, { issues }: Context, read: SourceDocument): InvalidDefinition {
  return new InvalidDefinition(
    source,
    issues.list((path, atKey) => read.locate(path, atKey)),
  );
}
