/** JSON from strangers: parsed with the place of the first mistake, and bounded before anything walks it. */
import { HoldfastError } from '../errors.ts';
import type { JsonValue } from '../json.ts';

export const JSON_DEPTH_MAX = 64;

/** Text that is no JSON, or JSON that can't be kept as it came. `line` and `column` are 1-based. */
export class MalformedJson extends HoldfastError {
  override readonly name = 'MalformedJson';
  override readonly kind = 'invalid';
  readonly line?: number;
  readonly column?: number;

  constructor(message: string, fix: string, at?: { line: number; column: number }) {
    super(message, fix);
    this.line = at?.line;
    this.column = at?.column;
  }
}

/** Parses `text`. Throws `MalformedJson`. */
export function parseJson(text: string): JsonValue {
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch {
    throw malformed(text, firstMistake(text));
  }
  checkBounds(value);
  return value;
}

function malformed(text: string, offset: number): MalformedJson {
  const before = text.slice(0, offset);
  const line = before.split('\n').length;
  const column = offset - before.lastIndexOf('\n');
  const found = offset >= text.length ? 'the text ends too early' : `unexpected ${quote(text, offset)}`;
  return new MalformedJson(
    `This is not JSON: ${found} at line ${line}, column ${column}.`,
    'Send one JSON value: names and strings in double quotes, no comma after the last member.',
    { line, column },
  );
}

const quote = (text: string, offset: number): string =>
  JSON.stringify(String.fromCodePoint(text.codePointAt(offset)!));

const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/** Where a text that JSON.parse refused stops being JSON. */
function firstMistake(text: string): number {
  const open: ('{' | '[')[] = [];
  let expected: 'value' | 'first' | 'key' | 'colon' | 'next' | 'end' = 'value';
  let offset = 0;
  for (;;) {
    while (offset < text.length && ' \t\r\n'.includes(text[offset]!)) offset++;
    const char = text[offset];
    if (char === undefined || expected === 'end') return offset;
    const inside = open.at(-1);
    const closes = (char === '}' && inside === '{') || (char === ']' && inside === '[');
    if (closes && (expected === 'first' || expected === 'next')) {
      open.pop();
      expected = open.length === 0 ? 'end' : 'next';
      offset++;
    } else if (expected === 'next' && char === ',') {
      expected = inside === '{' ? 'key' : 'value';
      offset++;
    } else if (expected === 'colon' && char === ':') {
      expected = 'value';
      offset++;
    } else if (expected === 'key' || (expected === 'first' && inside === '{')) {
      const end = char === '"' ? stringEnd(text, offset) : undefined;
      if (end?.ok !== true) return end?.offset ?? offset;
      offset = end.offset;
      expected = 'colon';
    } else if (expected === 'value' || expected === 'first') {
      if (char === '{' || char === '[') {
        open.push(char);
        expected = 'first';
        offset++;
        continue;
      }
      const end = char === '"' ? stringEnd(text, offset) : scalarEnd(text, offset);
      if (!end.ok) return end.offset;
      offset = end.offset;
      expected = open.length === 0 ? 'end' : 'next';
    } else {
      return offset;
    }
  }
}

function scalarEnd(text: string, offset: number): { ok: boolean; offset: number } {
  SCALAR.lastIndex = offset;
  return SCALAR.test(text) ? { ok: true, offset: SCALAR.lastIndex } : { ok: false, offset };
}

function stringEnd(text: string, start: number): { ok: boolean; offset: number } {
  for (let offset = start + 1; offset < text.length; offset++) {
    const char = text[offset]!;
    if (char === '"') return { ok: true, offset: offset + 1 };
    if (char < ' ') return { ok: false, offset };
    if (char !== '\\') continue;
    const escape = text[offset + 1] ?? '';
    if (escape === 'u' && /^[0-9a-fA-F]{4}$/.test(text.slice(offset + 2, offset + 6))) offset += 5;
    else if (escape !== '' && '"\\/bfnrt'.includes(escape)) offset += 1;
    else return { ok: false, offset };
  }
  return { ok: false, offset: text.length };
}

/** Refuses what would be lost or do harm later: too deep, numbers beyond a double, broken Unicode, `__proto__`. */
function checkBounds(root: JsonValue): void {
  const open: { value: JsonValue; depth: number }[] = [{ value: root, depth: 1 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, depth } = next;
    if (typeof value === 'string') checkString(value);
    else if (typeof value === 'number') checkNumber(value);
    else if (typeof value === 'object' && value !== null) {
      if (depth > JSON_DEPTH_MAX) {
        throw new MalformedJson(
          `The value is nested deeper than ${JSON_DEPTH_MAX} levels.`,
          `Nest at most ${JSON_DEPTH_MAX} levels.`,
        );
      }
      if (!Array.isArray(value)) for (const key of Object.keys(value)) checkKey(key);
      for (const inner of Object.values(value)) open.push({ value: inner, depth: depth + 1 });
    }
  }
}

function checkKey(key: string): void {
  if (key === '__proto__') throw new MalformedJson('A member is named "__proto__".', 'Name it otherwise.');
  checkString(key);
}

function checkString(value: string): void {
  if (value.isWellFormed()) return;
  throw new MalformedJson(
    'A string holds half of a surrogate pair, which no UTF-8 text can carry.',
    'Escape characters beyond U+FFFF as a whole pair, or send them as they are.',
  );
}

function checkNumber(value: number): void {
  if (Number.isFinite(value)) return;
  throw new MalformedJson('A number is too large for a double.', 'Send it as a string.');
}
