import type { JsonObject, JsonValue } from '../json.ts';
import { DEFINITION_LIMITS } from './definition.ts';
import { describe, type Issues } from './issues.ts';

/** Keys that would reach an object's prototype in careless code further on. */
const forbiddenKeys: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

export function refuseKey(key: string, path: (string | number)[], issues: Issues): boolean {
  if (!forbiddenKeys.has(key)) return false;
  issues.add([...path, key], `The key "${key}" is not allowed.`, 'Give the key another name.', { key: true });
  return true;
}

export function refuseDepth(path: (string | number)[], issues: Issues): void {
  issues.add(
    path.slice(0, 8),
    `The document is nested deeper than ${DEFINITION_LIMITS.depth} levels.`,
    'Flatten it: use separate tasks, or a sub-workflow.',
  );
}

/**
 * A copy that is JSON and nothing else, within the limits. Members that are undefined are left out, as JSON does.
 * Undefined when the whole can't be taken.
 */
export function copyPlain(document: unknown, issues: Issues): JsonValue | undefined {
  const path: (string | number)[] = [];
  let size = 0;
  let stopped = false;
  const result = copy(document, 0);
  return stopped ? undefined : result;

  function copy(value: unknown, depth: number): JsonValue {
    if (stopped) return null;
    if (depth > DEFINITION_LIMITS.depth) {
      stopped = true;
      refuseDepth(path, issues);
      return null;
    }
    size += typeof value === 'string' ? value.length + 2 : 4;
    if (size > DEFINITION_LIMITS.sizeBytes) {
      stopped = true;
      issues.add(
        [],
        `The document is larger than ${DEFINITION_LIMITS.sizeBytes} bytes.`,
        'Move large data out of the definition and pass it as a variable or by reference.',
      );
      return null;
    }
    if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
    // Stored as JSON, -0 comes back as 0.
    if (typeof value === 'number' && Number.isFinite(value)) return value + 0;
    if (Array.isArray(value)) return value.map((item, index) => at(index, item, depth));
    if (typeof value === 'object' && isPlain(value)) return copyMembers(value, depth);
    issues.add(
      path,
      `JSON can't hold ${describeForeign(value)}.`,
      'Use text, numbers, booleans, null, lists and objects.',
    );
    return null;
  }

  function copyMembers(value: object, depth: number): JsonObject {
    const members: JsonObject = {};
    for (const [key, member] of Object.entries(value)) {
      size += key.length;
      if (member === undefined || refuseKey(key, path, issues)) continue;
      members[key] = at(key, member, depth);
    }
    return members;
  }

  function at(step: string | number, value: unknown, depth: number): JsonValue {
    path.push(step);
    const copied = copy(value, depth + 1);
    path.pop();
    return copied;
  }
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function describeForeign(value: unknown): string {
  if (typeof value === 'number') return String(value);
  if (typeof value === 'object' && value !== null) return `a ${value.constructor?.name ?? 'foreign object'}`;
  return typeof value === 'function' || typeof value === 'symbol' ? `a ${typeof value}` : describe(value);
}
