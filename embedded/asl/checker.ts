import { type DefinitionIssue, InvalidDefinition } from '../../core/errors.ts';
import { isObject, type JsonObject, type JsonValue } from '../../core/json.ts';

/** Collects what is wrong with a definition, so that all of it is told at once. */
export class Checker {
  readonly #issues: DefinitionIssue[] = [];

  add(path: string, message: string, fix: string): void {
    this.#issues.push({ path, message, fix });
  }

  throwIfAny(): void {
    if (this.#issues.length > 0) throw new InvalidDefinition('state machine', this.#issues);
  }
}

/** Fields of the JSONPath dialect, with what the JSONata dialect has instead. */
const jsonPathFields: Readonly<Record<string, string>> = {
  InputPath: 'Write `Arguments`, or read `$states.input` where the value is needed.',
  Parameters: 'Write `Arguments` (Task, Parallel), `ItemSelector` (Map) or `Output` (Pass).',
  ResultPath: 'Write `Output`, such as {"...": "{% $states.result %}"}.',
  ResultSelector: 'Write `Output`, which reads `$states.result`.',
  OutputPath: 'Write `Output`.',
  Result: 'Write `Output`.',
  ItemsPath: 'Write `Items`.',
  SecondsPath: 'Write `Seconds` with an expression in {% %}.',
  TimestampPath: 'Write `Timestamp` with an expression in {% %}.',
  TimeoutSecondsPath: 'Write `TimeoutSeconds` with an expression in {% %}.',
  HeartbeatSecondsPath: 'Write `HeartbeatSeconds` with an expression in {% %}.',
  MaxConcurrencyPath: 'Write `MaxConcurrency` with an expression in {% %}.',
  ErrorPath: 'Write `Error` with an expression in {% %}.',
  CausePath: 'Write `Cause` with an expression in {% %}.',
  Variable: 'Write `Condition` with an expression in {% %}.',
  Iterator: 'Write `ItemProcessor`.',
};

/** Fields that only a distributed Map has. */
const distributedFields = new Set([
  'ItemReader',
  'ItemBatcher',
  'ResultWriter',
  'Label',
  'ToleratedFailurePercentage',
  'ToleratedFailureCount',
]);

/** Reads the fields of one object of a definition, noting what is wrong; `path` is the object's own. */
export class Fields {
  readonly object: JsonObject;
  readonly path: string;
  readonly checker: Checker;

  constructor(value: JsonValue | undefined, path: string, checker: Checker) {
    this.path = path;
    this.checker = checker;
    this.object = isObject(value) ? (value as JsonObject) : {};
    if (!isObject(value)) checker.add(path || '(definition)', `it is ${describe(value)}`, 'Write an object.');
  }

  at(name: string): string {
    return this.path === '' ? name : `${this.path}.${name}`;
  }

  has(name: string): boolean {
    return Object.hasOwn(this.object, name);
  }

  get(name: string): JsonValue | undefined {
    return this.has(name) ? this.object[name] : undefined;
  }

  issue(name: string, message: string, fix: string): void {
    this.checker.add(this.at(name), message, fix);
  }

  /** Notes every field that isn't among `known`, with what to write for those of the other dialect. */
  allow(known: readonly string[]): void {
    for (const name of Object.keys(this.object)) {
      if (known.includes(name)) continue;
      if (Object.hasOwn(jsonPathFields, name))
        this.issue(
          name,
          `${name} belongs to the JSONPath dialect, which isn't supported`,
          jsonPathFields[name]!,
        );
      else if (distributedFields.has(name))
        this.issue(
          name,
          `${name} belongs to a distributed Map, which isn't supported`,
          'Take it out: Map runs INLINE.',
        );
      else
        this.issue(name, `${name} isn't a field here`, `Take it out, or write one of ${known.join(', ')}.`);
    }
  }

  text(name: string, options: { required?: boolean } = {}): string | undefined {
    const value = this.get(name);
    if (typeof value === 'string' && value !== '') return value;
    if (value !== undefined)
      this.issue(name, `${name} is ${describe(value)}`, 'Write a string that is not empty.');
    else if (options.required) this.issue(name, `${name} is missing`, `Add ${name}.`);
    return undefined;
  }

  integer(name: string, options: { min: number; max: number }): number | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    if (typeof value === 'number' && Number.isInteger(value) && value >= options.min && value <= options.max)
      return value;
    this.issue(
      name,
      `${name} is ${describe(value)}`,
      `Write a whole number from ${options.min} to ${options.max}.`,
    );
    return undefined;
  }

  oneOf<T extends string>(name: string, values: readonly T[]): T | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    if ((values as readonly unknown[]).includes(value)) return value as T;
    this.issue(name, `${name} is ${describe(value)}`, `Write ${values.join(' or ')}.`);
    return undefined;
  }

  /** The objects of an array field; one that is missing counts as wrong only where it is required. */
  list(name: string, options: { required?: boolean } = {}): Fields[] {
    const value = this.get(name);
    if (value === undefined && !options.required) return [];
    if (!Array.isArray(value) || value.length === 0) {
      const what = value === undefined ? 'missing' : describe(value);
      this.issue(name, `${name} is ${what}`, 'Write an array of at least one object.');
      return [];
    }
    return value.map((item, index) => new Fields(item, `${this.at(name)}[${index}]`, this.checker));
  }

  /** A text field that only comments. */
  comment(): void {
    const value = this.get('Comment');
    if (value !== undefined && typeof value !== 'string')
      this.issue('Comment', `Comment is ${describe(value)}`, 'Write a string.');
  }
}

const shownMax = 60;

/** A value for a message, cut where it is long. */
export function describe(value: JsonValue | undefined): string {
  if (value === undefined) return 'missing';
  const text = JSON.stringify(value);
  return text.length > shownMax ? `${text.slice(0, shownMax)}…` : text;
}
