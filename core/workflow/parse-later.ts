import type { WorkflowDefinition } from './definition.ts';
import type { ParseOptions } from './parse.ts';

let parser: Promise<typeof import('./parse.ts')> | undefined;

/**
 * `parseWorkflow` for whoever serves many other requests, too: loaded with the first document, since it brings the readers of YAML,
 * expressions and patterns. Errors: `InvalidDefinition`.
 */
export async function parseDocument(
  document: string | object,
  options?: ParseOptions,
): Promise<WorkflowDefinition> {
  const { parseWorkflow } = await (parser ??= import('./parse.ts'));
  return parseWorkflow(document, options);
}
