import type { JsonValue } from '../json.ts';
import { DEFINITION_LIMITS } from './definition.ts';
import { readJson } from './document-json.ts';
import { copyPlain } from './document-plain.ts';
import { readYaml } from './document-yaml.ts';
import type { Issues, Path, Position } from './issues.ts';

/** A document that has been read: plain JSON, and where each part of it stands in the text. */
export interface SourceDocument {
  /** Undefined: it can't be read, and the issues say why. */
  value: JsonValue | undefined;
  /** The line and column of the value (or of its key) at `path`, or of the nearest part above it. */
  locate: (path: Path, atKey: boolean) => Position | undefined;
}

const nowhere = () => undefined;

/** Reads text or an object within the limits on size and depth. What is wrong with it goes to `issues`. */
export function readDocument(
  document: string | object,
  format: 'json' | 'yaml' | undefined,
  issues: Issues,
): SourceDocument {
  if (typeof document !== 'string') return { value: copyPlain(document, issues), locate: nowhere };
  const sizeBytes = utf8Length(document);
  if (sizeBytes > DEFINITION_LIMITS.sizeBytes) {
    issues.add(
      [],
      `The document has ${sizeBytes} bytes; the limit is ${DEFINITION_LIMITS.sizeBytes}.`,
      'Move large data out of the definition and pass it as a variable or by reference.',
    );
    return { value: undefined, locate: nowhere };
  }
  if (document.trim() === '') {
    issues.add([], 'The document is empty.', 'Write a workflow: a name and a list of tasks.');
    return { value: undefined, locate: nowhere };
  }
  if (format === 'json' || (format === undefined && isJson(document))) return readJson(document, issues);
  if (sizeBytes > DEFINITION_LIMITS.yamlSizeBytes) {
    issues.add(
      [],
      `The document has ${sizeBytes} bytes; the limit for YAML is ${DEFINITION_LIMITS.yamlSizeBytes}.`,
      `Send it as JSON, which may have ${DEFINITION_LIMITS.sizeBytes}.`,
    );
    return { value: undefined, locate: nowhere };
  }
  return readYaml(document, issues);
}

function isJson(text: string): boolean {
  if (!/^\s*[{[]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The bytes that a text takes in UTF-8, without an encoder (this folder knows no host). */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code > 0x7ff) bytes += code >= 0xd800 && code <= 0xdfff ? 1 : 2;
    else if (code > 0x7f) bytes += 1;
  }
  return bytes;
}
