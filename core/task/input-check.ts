import type { JsonValue } from '../json.ts';

/** What doesn't match the type's input schema, in words. A promise where the schema is still to be compiled. */
export type InputCheck = (input: JsonValue) => string[] | Promise<string[]>;

/**
 * The check that an `inputSchema` asks for; undefined where it asks for nothing. The compiler is loaded with the first schema: that
 * takes a tenth of a second, which most starts don't need. Errors: `InvalidSchema`.
 */
export async function compileInputCheck(schema: object): Promise<InputCheck | undefined> {
  if (Object.keys(schema).length === 0) return undefined;
  const { compileJsonSchema } = await import('../json-schema/compile.ts');
  return compileJsonSchema(schema);
}

/** The same, compiled when it is first used. */
export function lazyInputCheck(schema: object): InputCheck | undefined {
  if (Object.keys(schema).length === 0) return undefined;
  let ready: InputCheck | undefined;
  return (input) => ready?.(input) ?? compileInputCheck(schema).then((check) => (ready = check!)(input));
}
