import type { InvalidDefinition } from '../errors.ts';

let checker: Promise<typeof import('./check.ts')> | undefined;

/** Why what should be a canonical definition is none; undefined where it is one. Loaded with the first: it brings all that checks. */
export async function checkDefinition(definition: unknown): Promise<InvalidDefinition | undefined> {
  const { definitionRefusal } = await (checker ??= import('./check.ts'));
  return definitionRefusal(definition);
}
