import type { JsonValue } from '../json.ts';
import { DEFINITION_LIMITS } from './definition.ts';
import type { SourceDocument } from './document.ts';
import { copyPlain, refuseDepth } from './document-plain.ts';
import { openYaml } from './document-yaml.ts';
import type { Issues, Path, Position } from './issues.ts';

/**
 * Reads strict JSON. The platform's parser does the work; the YAML parser, which knows where things stand, is asked only
 * once there is something to point at.
 */
export function readJson(text: string, issues: Issues): SourceDocument {
  let opened: ReturnType<typeof openYaml> | undefined;
  const locate = (path: Path, atKey: boolean): Position | undefined =>
    (opened ??= openYaml(text)).locate(path, atKey);
  const unreadable: SourceDocument = { value: undefined, locate };

  const { depth, members } = scan(text);
  if (depth > DEFINITION_LIMITS.depth) {
    refuseDepth([], issues);
    return { value: undefined, locate: () => undefined };
  }
  let parsed: JsonValue;
  try {
    parsed = JSON.parse(text) as JsonValue;
  } catch (error) {
    refuseSyntax(text, error as SyntaxError, issues);
    return unreadable;
  }
  // A key given twice leaves fewer members in the value than there are in the text.
  if (countMembers(parsed) !== members) {
    opened = openYaml(text);
    opened.read(issues);
    if (!issues.isEmpty) return unreadable;
  }
  return { value: copyPlain(parsed, issues), locate };
}

/** Nesting and members of a JSON text, by its brackets and colons outside strings. */
function scan(text: string): { depth: number; members: number } {
  let depth = 0;
  let open = 0;
  let members = 0;
  for (let index = 0; index < text.length; index++) {
    switch (text.charCodeAt(index)) {
      case 0x22: // "
        index++;
        while (index < text.length && text.charCodeAt(index) !== 0x22)
          index += text.charCodeAt(index) === 0x5c ? 2 : 1;
        break;
      case 0x7b: // {
      case 0x5b: // [
        depth = Math.max(depth, ++open);
        break;
      case 0x7d: // }
      case 0x5d: // ]
        open--;
        break;
      case 0x3a: // :
        members++;
    }
  }
  return { depth, members };
}

function countMembers(value: JsonValue): number {
  if (typeof value !== 'object' || value === null) return 0;
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + countMembers(item), 0);
  let count = 0;
  for (const key of Object.keys(value)) count += 1 + countMembers(value[key]!);
  return count;
}

function refuseSyntax(text: string, error: SyntaxError, issues: Issues): void {
  const offset = Number(/at position (\d+)/.exec(error.message)?.[1] ?? text.length);
  const problem = error.message
    .replace(/ in JSON at position .*| is not valid JSON|^JSON\.parse: /g, '')
    .replace(/, "[\s\S]*$/, '');
  issues.add([], `This is not JSON: ${problem}.`, fixFor(text, offset), {
    position: positionAt(text, offset),
  });
}

function fixFor(text: string, offset: number): string {
  const before = text.slice(0, offset).trimEnd();
  const next = text[offset];
  if (before.endsWith(',') && (next === '}' || next === ']'))
    return 'Remove the comma before the closing bracket.';
  if (next === '/' || next === '#') return 'Remove the comment: JSON has none. YAML has (`#`).';
  if (next === "'") return 'Use double quotes.';
  if (offset >= text.length) return 'The text ends too early: close every bracket and quote.';
  if (next !== undefined && /[\p{L}_$]/u.test(next)) return 'Put keys and texts in double quotes.';
  return 'Write strict JSON, or send the document as YAML.';
}

function positionAt(text: string, offset: number): Position {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: offset - lineStart + 1 };
}
