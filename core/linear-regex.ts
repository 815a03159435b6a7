/**
 * Regular expressions that match in time linear in the text, by re2js. The library is large and few definitions need it, so it is
 * loaded when something asks for it.
 */
import type { RE2JS } from 're2js';

let engine: typeof RE2JS | undefined;

/** Resolves when `compileLinear` can be called. */
export async function loadLinearRegex(): Promise<void> {
  engine ??= (await import('re2js')).RE2JS;
}

export const isLinearRegexLoaded = (): boolean => engine !== undefined;

/** Throws where the pattern needs backtracking (look-around, back-references), and before `loadLinearRegex` has resolved. */
export function compileLinear(pattern: string | RegExp): RE2JS {
  if (engine === undefined) throw new Error('loadLinearRegex() must resolve before a pattern is compiled');
  return engine.compile(engine.translateRegExp(pattern));
}
