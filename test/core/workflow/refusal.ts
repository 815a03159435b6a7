import { type DefinitionIssue, InvalidDefinition } from '../../../core/errors.ts';
import { type ParseOptions, parseWorkflow } from '../../../core/workflow/parse.ts';

/** The issues that a document is refused with. */
export function issuesOf(document: string | object, options?: ParseOptions): DefinitionIssue[] {
  try {
    parseWorkflow(document, options);
  } catch (error) {
    if (error instanceof InvalidDefinition) return error.issues;
    throw error;
  }
  throw new Error('the document was accepted');
}

/** The one issue that a document is refused with, as `line:column path: message`. */
export function refusal(document: string | object, options?: ParseOptions): string {
  const issues = issuesOf(document, options);
  if (issues.length !== 1)
    throw new Error(
      `${issues.length} issues: ${issues.map((issue) => `${issue.path}: ${issue.message}`).join(' | ')}`,
    );
  const [{ line, column, path, message }] = issues as [DefinitionIssue];
  return `${line === undefined ? '' : `${line}:${column} `}${path}: ${message}`;
}

/** YAML of a workflow with these lines under `tasks:`; the first of them is line 3. */
export const yamlTasks = (...lines: string[]): string => ['name: x', 'tasks:', ...lines].join('\n');
