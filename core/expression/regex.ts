import type { RE2JS } from 're2js';
import { compileLinear } from '../linear-regex.ts';

/**
 * A stand-in for `RegExp` that matches in time linear in the text, for JSONata's `RegexEngine` option.
 * It has what JSONata uses of one: `lastIndex` and `exec`.
 */
export class LinearRegex {
  lastIndex = 0;
  readonly source: string;
  readonly #pattern: RE2JS;
  #text: string | undefined;
  #matcher: ReturnType<RE2JS['matcher']> | undefined;

  constructor(pattern: RegExp) {
    this.source = pattern.source;
    this.#pattern = compileRegex(pattern);
  }

  exec(text: string): (Array<string | undefined> & { index: number }) | null {
    if (this.#text !== text || this.#matcher === undefined) {
      this.#text = text;
      this.#matcher = this.#pattern.matcher(text);
    }
    const matcher = this.#matcher;
    if (this.lastIndex > text.length || !matcher.find(this.lastIndex)) {
      this.lastIndex = 0;
      return null;
    }
    this.lastIndex = matcher.end();
    const groups = Array.from(
      { length: matcher.groupCount() + 1 },
      (_, group) => matcher.group(group) ?? undefined,
    );
    return Object.assign(groups, { index: matcher.start() });
  }
}

const compiled = new WeakMap<RegExp, RE2JS>();

/** Throws where the pattern needs backtracking (look-around, back-references), and before `loadLinearRegex` has resolved. */
export function compileRegex(pattern: RegExp): RE2JS {
  let program = compiled.get(pattern);
  if (program === undefined) {
    program = compileLinear(pattern);
    compiled.set(pattern, program);
  }
  return program;
}
