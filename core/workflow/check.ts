/** Checks definitions that come in canonical form, from other nodes. */
import { validateGraph } from '../dag/validate.ts';
import { checkExpressions } from '../dag/validate-references.ts';
import { InvalidDefinition } from '../errors.ts';
import type { JsonValue } from '../json.ts';
import { loadLinearRegex } from '../linear-regex.ts';
import type { Context } from './context.ts';
import type { WorkflowDefinition } from './definition.ts';
import { definitionSchema } from './definition-schema.ts';
import { readDocument } from './document.ts';
import { Issues } from './issues.ts';
import { Origins } from './origins.ts';
import { reportSchemaIssues } from './schema-issues.ts';

await loadLinearRegex();

/** Names that its expressions read are not judged: what a child reads of its parent stands among its variables. */
export function definitionRefusal(definition: unknown): InvalidDefinition | undefined {
  const context: Context = { issues: new Issues(), origins: new Origins(), numberUnit: 'ms' };
  const { issues } = context;
  const read = readDocument(definition as object, undefined, issues);
  if (issues.isEmpty) check(read.value!, context);
  if (issues.isEmpty) return undefined;
  return new InvalidDefinition(
    'work',
    issues.list((path, atKey) => read.locate(path, atKey)),
  );
}

function check(value: JsonValue, context: Context): void {
  const parsed = definitionSchema.safeParse(value, { reportInput: true });
  if (!parsed.success) return reportSchemaIssues(parsed.error, [], context);
  const definition: WorkflowDefinition = parsed.data;
  for (const issue of [...validateGraph(definition), ...checkExpressions(definition).syntax])
    context.issues.add(issue.path, issue.message, issue.fix);
}
