import type { Node } from './ast.ts';

/** What a fast reader gives where only the full evaluator knows the answer. */
export const notFast: unique symbol = Symbol('not fast');

/** Evaluates synchronously what the full evaluator would, or gives `notFast`. */
export type FastReader = (input: unknown, bindings: Record<string, unknown>) => unknown;

const plainPath = /^\s*\$?(?:[A-Za-z_]\w*|`[^`]+`)(?:\.(?:[A-Za-z_]\w*|`[^`]+`))*\s*$/;
const reserved = new Set(['and', 'or', 'in', 'true', 'false', 'null', 'function']);

/** The parts of a path such as `a.b` or `$x.y`, found without parsing; undefined for anything else. */
export function plainPathParts(source: string): { variable: boolean; parts: string[] } | undefined {
  if (!plainPath.test(source)) return undefined;
  const text = source.trim();
  const variable = text.startsWith('$');
  if (text.startsWith('$`')) return undefined;
  const raw = (variable ? text.slice(1) : text).match(/`[^`]+`|\w+/g)!;
  if (raw.some((part) => reserved.has(part))) return undefined;
  return { variable, parts: raw.map((part) => (part.startsWith('`') ? part.slice(1, -1) : part)) };
}

export function pathReader(variable: boolean, parts: readonly string[]): FastReader {
  if (!variable) return (input) => follow(input, parts, 0);
  const [name, ...rest] = parts as [string, ...string[]];
  return (_input, bindings) => {
    if (!Object.hasOwn(bindings, name)) return undefined;
    const value = bindings[name];
    return rest.length === 0 ? (typeof value === 'function' ? notFast : value) : follow(value, rest, 0);
  };
}

/** An array on the way would be mapped over and flattened, which is the full evaluator's business. */
function follow(from: unknown, parts: readonly string[], start: number): unknown {
  let value = from;
  for (let index = start; index < parts.length; index++) {
    if (typeof value !== 'object' || value === null) return typeof value === 'function' ? notFast : undefined;
    if (Array.isArray(value)) return notFast;
    const part = parts[index]!;
    if (!Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string, unknown>)[part];
  }
  return typeof value === 'function' ? notFast : value;
}

/** A closure for literals, plain paths, comparisons of them, and `and`/`or`; undefined for anything else. */
export function compileFast(node: Node, isFunction: (name: string) => boolean): FastReader | undefined {
  if (node.predicate || node.stages || node.group || node.keepArray || node.focus || node.index)
    return undefined;
  switch (node.type) {
    case 'string':
    case 'number':
    case 'value': {
      const literal = node.value;
      return () => literal;
    }
    case 'variable':
      return rootReader([node], isFunction);
    case 'path':
      return 'keepSingletonArray' in node || 'tuple' in node
        ? undefined
        : rootReader(node.steps!, isFunction);
    case 'block':
      return node.expressions?.length === 1 ? compileFast(node.expressions[0]!, isFunction) : undefined;
    case 'binary':
      return compileBinary(node, isFunction);
    default:
      return undefined;
  }
}

const stepKeys = new Set(['type', 'value', 'position']);

function rootReader(steps: Node[], isFunction: (name: string) => boolean): FastReader | undefined {
  const [first, ...rest] = steps as [Node, ...Node[]];
  if (steps.some((step) => Object.keys(step).some((key) => !stepKeys.has(key)))) return undefined;
  if (rest.some((step) => step.type !== 'name')) return undefined;
  const parts = rest.map((step) => String(step.value));
  const name = String(first.value);
  if (first.type === 'name') return pathReader(false, [name, ...parts]);
  if (first.type !== 'variable') return undefined;
  if (name === '' || name === '$') return (input) => follow(input, parts, 0);
  return isFunction(name) ? undefined : pathReader(true, [name, ...parts]);
}

function compileBinary(node: Node, isFunction: (name: string) => boolean): FastReader | undefined {
  const left = compileFast(node.lhs as Node, isFunction);
  const right = left && compileFast(node.rhs!, isFunction);
  if (left === undefined || right === undefined) return undefined;
  switch (node.value) {
    case '=':
      return both(left, right, (a, b) => isEqual(a, b));
    case '!=':
      return both(left, right, (a, b) => {
        if (a === undefined || b === undefined) return false;
        const equal = isEqual(a, b);
        return equal === notFast ? notFast : !equal;
      });
    case '<':
      return both(
        left,
        right,
        orderBy((a, b) => a < b),
      );
    case '<=':
      return both(
        left,
        right,
        orderBy((a, b) => a <= b),
      );
    case '>':
      return both(
        left,
        right,
        orderBy((a, b) => a > b),
      );
    case '>=':
      return both(
        left,
        right,
        orderBy((a, b) => a >= b),
      );
    case 'and':
      return junction(left, right, false);
    case 'or':
      return junction(left, right, true);
    default:
      return undefined;
  }
}

function both(left: FastReader, right: FastReader, apply: (a: unknown, b: unknown) => unknown): FastReader {
  return (input, bindings) => {
    const a = left(input, bindings);
    if (a === notFast) return notFast;
    const b = right(input, bindings);
    return b === notFast ? notFast : apply(a, b);
  };
}

function isEqual(a: unknown, b: unknown): boolean | typeof notFast {
  if (a === undefined || b === undefined) return false;
  if (a === b) return true;
  return typeof a === 'object' && typeof b === 'object' && a !== null && b !== null ? notFast : false;
}

type Operand = number | string;

/** Compares two numbers or two texts; gives nothing where one is absent; anything else is the full evaluator's error. */
function orderBy(compare: (a: Operand, b: Operand) => boolean): (a: unknown, b: unknown) => unknown {
  return (a, b) => {
    const type = typeof a;
    if (type === typeof b && (type === 'number' || type === 'string'))
      return compare(a as Operand, b as Operand);
    return isOperandOrAbsent(a) && isOperandOrAbsent(b) && (a === undefined || b === undefined)
      ? undefined
      : notFast;
  };
}

function isOperandOrAbsent(value: unknown): boolean {
  return value === undefined || typeof value === 'number' || typeof value === 'string';
}

function junction(left: FastReader, right: FastReader, decisive: boolean): FastReader {
  return (input, bindings) => {
    const a = truth(left(input, bindings));
    return a === notFast || a === decisive ? a : truth(right(input, bindings));
  };
}

function truth(value: unknown): boolean | typeof notFast {
  switch (typeof value) {
    case 'boolean':
      return value;
    case 'undefined':
      return false;
    case 'string':
      return value.length > 0;
    case 'number':
      return value !== 0;
    default:
      return value === null ? false : notFast;
  }
}
