import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  type ParsedNode,
} from 'yaml';
import type { JsonObject, JsonValue } from '../json.ts';
import { DEFINITION_LIMITS } from './definition.ts';
import type { SourceDocument } from './document.ts';
import { refuseDepth, refuseKey } from './document-plain.ts';
import { describe, type Issues, type Path, type Position } from './issues.ts';

/** A guard before the real parser, whose own recursion it bounds; the exact limit is applied afterwards. */
const maxRoughDepth = 256;

/** Reads one YAML 1.2 document: no anchors, aliases, tags, repeated keys or values that JSON can't hold. */
export function readYaml(text: string, issues: Issues): SourceDocument {
  if (roughDepth(text) > maxRoughDepth) {
    refuseDepth([], issues);
    return { value: undefined, locate: () => undefined };
  }
  const opened = openYaml(text);
  return { value: opened.read(issues), locate: opened.locate };
}

/** Parses without judging: `read` judges and converts, `locate` points. */
export function openYaml(text: string): {
  read: (issues: Issues) => JsonValue | undefined;
  locate: (path: Path, atKey: boolean) => Position | undefined;
} {
  const lines = new LineCounter();
  const documents = parseAll(text, lines);
  const first = documents[0];

  const positionAt = (offset: number): Position => {
    const { line, col } = lines.linePos(Math.min(offset, text.length));
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };

  return {
    read(issues) {
      if (first === undefined || first.contents === null) {
        issues.add([], 'The document is empty.', 'Write a workflow: a name and a list of tasks.');
        return undefined;
      }
      if (documents.length > 1)
        issues.add(
          [],
          `There are ${documents.length} documents in one text.`,
          'Keep one; remove the lines `---`.',
          {
            position: positionAt(documents[1]!.range[0]),
          },
        );
      // What follows the first mistake is mostly its echo.
      for (const problem of [...first.errors.slice(0, 1), ...first.warnings])
        issues.add(
          [],
          `This is not valid YAML: ${firstLine(problem.message)}.`,
          fixFor(problem.code, lineOf(text, problem.pos[0])),
          { position: positionAt(problem.pos[0]) },
        );
      if (first.directives?.yaml.version === '1.1')
        issues.add([], '`%YAML 1.1` is not supported.', 'Remove the line: documents are YAML 1.2.');
      return issues.isEmpty ? convert(first.contents, issues, positionAt) : undefined;
    },
    locate: (path, atKey) => {
      const offset = offsetOf(first?.contents, path, atKey);
      return offset === undefined ? undefined : positionAt(offset);
    },
  };
}

function parseAll(text: string, lineCounter: LineCounter): Document.Parsed[] {
  const { stackTraceLimit } = Error;
  try {
    // A text of a million mistakes makes a million errors; with their stacks that takes minutes.
    Error.stackTraceLimit = 0;
    return parseAllDocuments(text, {
      lineCounter,
      prettyErrors: false,
      // Checked while converting, in linear time.
      uniqueKeys: false,
      version: '1.2',
      schema: 'core',
      logLevel: 'silent',
    }) as Document.Parsed[];
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function convert(
  root: ParsedNode,
  issues: Issues,
  positionAt: (offset: number) => Position,
): JsonValue | undefined {
  const path: (string | number)[] = [];
  let stopped = false;
  const result = toJson(root, 0);
  return stopped ? undefined : result;

  function refuse(node: unknown, message: string, fix: string): null {
    const offset = isNode(node) ? node.range?.[0] : undefined;
    issues.add(path, message, fix, offset === undefined ? {} : { position: positionAt(offset) });
    return null;
  }

  function toJson(node: unknown, depth: number): JsonValue {
    if (stopped) return null;
    if (depth > DEFINITION_LIMITS.depth) {
      stopped = true;
      refuseDepth(path, issues);
      return null;
    }
    if (node === null) return null;
    if (isAlias(node))
      return refuse(node, `The alias *${node.source} is not supported.`, 'Write the value out.');
    if ((isScalar(node) || isMap(node) || isSeq(node)) && node.anchor)
      return refuse(node, `The anchor &${node.anchor} is not supported.`, 'Remove it and write values out.');
    if (isScalar(node)) return scalar(node, node.value);
    if (isMap(node)) return members(node.items, depth);
    if (isSeq(node)) return node.items.map((item, index) => at(index, item, depth));
    return refuse(node, 'This has a tag that JSON has no value for.', 'Remove the tag.');
  }

  function scalar(node: Node, value: unknown): JsonValue {
    if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
    if (typeof value === 'number' && Number.isFinite(value)) return value + 0;
    return refuse(node, `JSON can't hold ${describe(value)}.`, 'Put the value in quotes to make it text.');
  }

  function members(items: { key: unknown; value: unknown }[], depth: number): JsonObject {
    const object: JsonObject = {};
    for (const pair of items) {
      const key = isScalar(pair.key) && !pair.key.anchor ? pair.key.value : undefined;
      if (typeof key !== 'string' && typeof key !== 'number' && typeof key !== 'boolean') {
        refuse(pair.key, 'A key must be plain text.', 'Write `key: value`; put unusual keys in quotes.');
        continue;
      }
      const name = String(key);
      if (refuseKey(name, path, issues)) continue;
      if (Object.hasOwn(object, name)) {
        path.push(name);
        refuse(pair.key, `The key "${name}" is given twice.`, 'Keep one of the two.');
        path.pop();
        continue;
      }
      object[name] = at(name, pair.value, depth);
    }
    return object;
  }

  function at(step: string | number, node: unknown, depth: number): JsonValue {
    path.push(step);
    const value = toJson(node, depth + 1);
    path.pop();
    return value;
  }
}

function offsetOf(root: unknown, path: Path, atKey: boolean): number | undefined {
  let node = root;
  let key: unknown;
  let complete = true;
  for (const step of path) {
    const pair = isMap(node)
      ? node.items.find((item) => isScalar(item.key) && String(item.key.value) === step)
      : undefined;
    const next: unknown = pair
      ? pair.value
      : isSeq(node) && typeof step === 'number'
        ? node.items[step]
        : undefined;
    if (next === undefined || (next === null && !pair) || isPair(next)) {
      complete = false;
      break;
    }
    key = pair?.key;
    if (next === null) {
      node = key;
      break;
    }
    node = next;
  }
  const target = atKey && complete && isNode(key) ? key : node;
  return isNode(target) ? target.range?.[0] : undefined;
}

/**
 * At least the depth of a YAML text, counted without parsing it: brackets left open, and on each line the dashes that
 * open a list and the indents that it is deeper by.
 */
function roughDepth(text: string): number {
  let flow = 0;
  let deepest = 0;
  const indents: number[] = [];
  for (const line of text.split('\n')) {
    const [, indent, marks] = /^( *)((?:[-?:][ \t]+)*)/.exec(line)!;
    if (line.trim() !== '') {
      while (indents.length > 0 && indents.at(-1)! >= indent!.length) indents.pop();
      indents.push(indent!.length);
    }
    deepest = Math.max(deepest, indents.length + marks!.length / 2 + flow);
    for (let index = 0; index < line.length; index++) {
      const character = line[index];
      if (character === '[' || character === '{') deepest = Math.max(deepest, ++flow + indents.length);
      else if ((character === ']' || character === '}') && flow > 0) flow--;
    }
  }
  return deepest;
}

function firstLine(message: string): string {
  return message.split('\n')[0]!.replace(/[.:]$/, '');
}

const fixes: Record<string, string> = {
  TAB_AS_INDENT: 'Indent with spaces.',
  BAD_INDENT: 'Line up the keys of one object in the same column.',
  MISSING_CHAR: 'Add the missing character, or put the text in quotes.',
  TAG_RESOLVE_FAILED: 'Remove the tag.',
  BLOCK_AS_IMPLICIT_KEY: 'Put a text that holds `: ` in quotes.',
  MULTILINE_IMPLICIT_KEY: 'Put a text that goes over lines in quotes, or begin it with `|`.',
};

function fixFor(code: string, line: string): string {
  if (/[{[,].*\$\{/.test(line)) return 'Put the text with `${...}` in quotes.';
  return fixes[code] ?? 'Correct the YAML at this place; texts with special characters go in quotes.';
}

function lineOf(text: string, offset: number): string {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  const end = text.indexOf('\n', offset);
  return text.slice(start, end === -1 ? undefined : end).slice(0, 1000);
}
