/**
 * The index after the string, backticked name, comment or regular expression that begins at `index`,
 * or `index` where none begins. One that isn't closed reaches to the end.
 */
export function skipLiteral(source: string, index: number): number {
  const first = source[index];
  if (first === '"' || first === "'") return afterQuote(source, index + 1, first);
  if (first === '`') return afterText(source, index + 1, '`');
  if (first !== '/') return index;
  if (source[index + 1] === '*') return afterText(source, index + 2, '*/');
  return mayStartRegex(source, index) ? afterRegex(source, index + 1) : index;
}

function afterQuote(source: string, from: number, closing: string): number {
  for (let index = from; index < source.length; index++) {
    if (source[index] === '\\') index++;
    else if (source[index] === closing) return index + 1;
  }
  return source.length;
}

function afterText(source: string, from: number, closing: string): number {
  const end = source.indexOf(closing, from);
  return end === -1 ? source.length : end + closing.length;
}

/** A slash divides after a value and starts a regular expression anywhere else. */
function mayStartRegex(source: string, index: number): boolean {
  let before = index - 1;
  while (before >= 0 && /\s/.test(source[before]!)) before--;
  return before < 0 || '(,[{:;=&|?~<>!+-*'.includes(source[before]!);
}

function afterRegex(source: string, from: number): number {
  let depth = 0;
  for (let index = from; index < source.length; index++) {
    const character = source[index]!;
    if (character === '\\') index++;
    else if ('([{'.includes(character)) depth++;
    else if (')]}'.includes(character)) depth--;
    else if (character === '/' && depth === 0) return index + 1;
  }
  return source.length;
}

const wordStart = /[A-Za-z0-9_$]/;
const word = /[A-Za-z0-9_$]+(?:-+[A-Za-z0-9_]+)*/y;
const plainName = /^[A-Za-z_$][\w$]*$|^[0-9.]+$/;

/** Puts backticks round the words that are in `names` and that JSONata would read as something else (`load-data`). */
export function quoteNames(source: string, names: ReadonlySet<string>): string {
  let quoted = '';
  let copied = 0;
  let index = 0;
  while (index < source.length) {
    const after = skipLiteral(source, index);
    if (after > index) {
      index = after;
    } else if (wordStart.test(source[index]!)) {
      word.lastIndex = index;
      const found = word.exec(source)![0];
      if (!plainName.test(found) && names.has(found)) {
        quoted += `${source.slice(copied, index)}\`${found}\``;
        copied = index + found.length;
      }
      index += found.length;
    } else {
      index++;
    }
  }
  return quoted + source.slice(copied);
}

const habits: ReadonlyArray<[pattern: RegExp, problem: string, fix: string]> = [
  [/===/y, '`===` is JavaScript', 'Write `=`: JSONata compares with a single equals sign.'],
  [/!==/y, '`!==` is JavaScript', 'Write `!=`.'],
  [/==/y, '`==` is JavaScript', 'Write `=`: JSONata compares with a single equals sign.'],
  [/=>/y, '`=>` is JavaScript', 'Write `function($x){ ... }`, or `>=` for at least.'],
  [/&&/y, '`&&` is JavaScript', 'Write `and`.'],
  [/\|\|/y, '`||` is JavaScript', 'Write `or`, or `a ?? b` for a default.'],
  [/!(?!=)/y, '`!` is JavaScript', 'Write `$not(x)`.'],
];

/** The first JavaScript operator in an expression that didn't parse, and what JSONata writes instead. */
export function findHabit(source: string): { column: number; problem: string; fix: string } | undefined {
  for (let index = 0; index < source.length; index++) {
    const after = skipLiteral(source, index);
    if (after > index) {
      index = after - 1;
      continue;
    }
    for (const [pattern, problem, fix] of habits) {
      pattern.lastIndex = index;
      if (pattern.test(source)) return { column: index + 1, problem, fix };
    }
  }
  return undefined;
}
