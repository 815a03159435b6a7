import type { JsonValue } from '../json.ts';
import { compileExpression, type Expression, type ExpressionOptions } from './compile.ts';
import { ExpressionError, ExpressionSyntaxError, quote } from './errors.ts';
import type { Ambient } from './sandbox.ts';
import { type Piece, splitText } from './places.ts';

export { type Piece, splitText };

export interface Template {
  /** Root fields that its expressions read; `*` where one can read any. */
  names: string[];
  /** It holds no expression: `render` gives the same value always. */
  isConstant: boolean;
  /**
   * The value with each `${...}` replaced: typed where it is the whole string, as text within one.
   * Errors: `ExpressionError` naming the expression and its place, thrown or rejected.
   */
  render(
    input: unknown,
    bindings?: Record<string, unknown>,
    ambient?: Ambient,
  ): JsonValue | Promise<JsonValue>;
}

type Render = (input: unknown, bindings: Record<string, unknown>, ambient: Ambient) => unknown;
interface Part {
  isConstant: boolean;
  render: Render;
}

const maxDepth = 100;
const noBindings: Record<string, unknown> = {};
const noAmbient: Ambient = {};

/**
 * Compiles a JSON value whose strings may hold `${expression}`; `$${` stands for a literal `${`.
 * `path` names the value in messages.
 * Errors: `ExpressionSyntaxError`.
 */
export function compileTemplate(value: JsonValue, options: ExpressionOptions = {}, path = ''): Template {
  const names = new Set<string>();
  const root = compileValue(value, path, 0);
  return {
    names: [...names],
    isConstant: root.isConstant,
    render: (input, bindings = noBindings, ambient = noAmbient) =>
      root.render(input, bindings, ambient) as JsonValue | Promise<JsonValue>,
  };

  function compileValue(part: JsonValue, at: string, depth: number): Part {
    if (depth > maxDepth)
      throw new ExpressionSyntaxError(at, `it is nested deeper than ${maxDepth}`, 'Flatten the value.');
    if (typeof part === 'string') return compileText(part, at);
    if (typeof part !== 'object' || part === null) return constant(part);
    if (Array.isArray(part)) return compileArray(part, at, depth);
    return compileObject(part, at, depth);
  }

  function compileArray(items: JsonValue[], at: string, depth: number): Part {
    const parts = items.map((item, index) => compileValue(item, `${at}[${index}]`, depth + 1));
    return parts.every((part) => part.isConstant) ? constant(items) : collect(parts, (values) => values);
  }

  function compileObject(object: { [key: string]: JsonValue }, at: string, depth: number): Part {
    const keys = Object.keys(object);
    if (keys.includes('__proto__'))
      throw new ExpressionSyntaxError(at, 'it has the key `__proto__`', 'Give the key another name.');
    const parts = keys.map((key) => compileValue(object[key]!, at === '' ? key : `${at}.${key}`, depth + 1));
    if (parts.every((part) => part.isConstant)) return constant(object);
    return collect(parts, (values) => {
      const result: Record<string, unknown> = {};
      for (let index = 0; index < keys.length; index++) result[keys[index]!] = values[index];
      return result;
    });
  }

  function compileText(text: string, at: string): Part {
    if (!text.includes('${')) return constant(text);
    const parts = splitText(text).map((piece) =>
      'text' in piece ? piece.text : compilePlace(piece.expression, at),
    );
    const [only] = parts;
    if (parts.length === 1 && typeof only === 'object') return { isConstant: false, render: only.render };
    if (parts.every((part) => typeof part === 'string')) return constant(parts.join(''));
    const pieces = parts.map((part) => (typeof part === 'string' ? constant(part) : part));
    return collect(pieces, (values) => values.map(asText).join(''));
  }

  function compilePlace(source: string, at: string): Part {
    const expression = compileExpression(source.trim(), options);
    for (const name of expression.names) names.add(name);
    const check = (value: unknown, input: unknown): unknown => {
      if (value === undefined) throw nothing(expression, at, input);
      return value;
    };
    return {
      isConstant: false,
      render(input, bindings, ambient) {
        const value = expression.evaluate(input, bindings, ambient);
        return value instanceof Promise ? value.then((late) => check(late, input)) : check(value, input);
      },
    };
  }
}

function constant(value: unknown): Part {
  return { isConstant: true, render: () => value };
}

/** Renders the parts, at once where none is asynchronous. */
function collect(parts: Part[], combine: (values: unknown[]) => unknown): Part {
  return {
    isConstant: false,
    render(input, bindings, ambient) {
      const values: unknown[] = [];
      let late = false;
      try {
        for (const part of parts) {
          const value = part.render(input, bindings, ambient);
          late ||= value instanceof Promise;
          values.push(value);
        }
      } catch (error) {
        // The others' failures must not go unseen: this one is told instead.
        for (const value of values) if (value instanceof Promise) value.catch(() => undefined);
        throw error;
      }
      return late ? Promise.all(values).then(combine) : combine(values);
    },
  };
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

const maxNamesShown = 20;

function nothing(expression: Expression, at: string, input: unknown): ExpressionError {
  const available =
    typeof input === 'object' && input !== null && !Array.isArray(input) ? Object.keys(input) : [];
  const shown = available.slice(0, maxNamesShown).map(quote).join(', ');
  const more = available.length > maxNamesShown ? ` and ${available.length - maxNamesShown} more` : '';
  return new ExpressionError(
    expression.source,
    `it gave nothing (undefined)${at === '' ? '' : ` for ${at}`}`,
    available.length === 0
      ? 'There was nothing to read: define a variable or depend on a task.'
      : `Available here: ${shown}${more}. For a value that may be absent write \`${expression.source} ?? 'default'\`.`,
  );
}
