import type { JsonObject, JsonValue } from '../../core/json.ts';
import { Checker, Fields } from './checker.ts';
import { compileChoice } from './choice.ts';
import { type CompileContext, type State, type States, VariableScope } from './context.ts';
import { compileFail } from './fail.ts';
import { StateMachine } from './machine.ts';
import { compileMap } from './map.ts';
import { compileParallel } from './parallel.ts';
import { compilePass } from './pass.ts';
import { compileSucceed } from './succeed.ts';
import { compileTask } from './task.ts';
import { compileWait } from './wait.ts';

const definitionBytesMax = 1_048_576;
const nameLengthMax = 80;
const depthMax = 50;
const executionSecondsMax = 99_999_999;

type CompileState = (name: string, fields: Fields, context: CompileContext) => State;
const compilers: Readonly<Record<string, CompileState>> = {
  Task: compileTask,
  Choice: compileChoice,
  Wait: compileWait,
  Parallel: compileParallel,
  Map: compileMap,
  Pass: compilePass,
  Succeed: compileSucceed,
  Fail: compileFail,
};

/**
 * Validates a definition in the JSONata dialect of the Amazon States Language and compiles it, once for any number of runs.
 * `definition` is the object or its JSON text; `name` stands in `$states.context.StateMachine`.
 * Errors: `InvalidDefinition`, with the path (`States.Run.Retry[0].MaxAttempts`) and the fix of everything that is
 * wrong or not supported: the JSONPath dialect, distributed Map, activities.
 */
export function loadStateMachine(definition: object | string, name = 'machine'): StateMachine {
  const checker = new Checker();
  const fields = new Fields(parse(definition, checker), '', checker);
  checker.throwIfAny();
  fields.allow(['Comment', 'QueryLanguage', 'StartAt', 'States', 'TimeoutSeconds', 'Version']);
  fields.comment();
  fields.oneOf('Version', ['1.0']);
  const timeoutSeconds = fields.integer('TimeoutSeconds', { min: 1, max: executionSecondsMax });
  const language = fields.get('QueryLanguage');
  if (language !== undefined && language !== 'JSONata') refuseLanguage(fields, language);
  const states = new Compiler(checker, language === 'JSONata').compileStates(fields, undefined);
  checker.throwIfAny();
  return new StateMachine(states, name, timeoutSeconds);
}

function parse(definition: object | string, checker: Checker): JsonValue {
  const text = typeof definition === 'string' ? definition : JSON.stringify(definition);
  if (Buffer.byteLength(text) > definitionBytesMax)
    checker.add(
      '(definition)',
      `it is larger than ${definitionBytesMax} bytes`,
      'Split it into nested machines.',
    );
  try {
    return JSON.parse(text) as JsonValue;
  } catch (error) {
    checker.add('(definition)', `it is not JSON: ${(error as Error).message}`, 'Mend the JSON.');
    return {};
  }
}

function refuseLanguage(fields: Fields, language: JsonValue): void {
  fields.issue(
    'QueryLanguage',
    `QueryLanguage is ${JSON.stringify(language)}; only the JSONata dialect is supported`,
    'Write "QueryLanguage": "JSONata", with Arguments and Output for the fields that end in Path.',
  );
}

class Compiler {
  readonly #checker: Checker;
  readonly #jsonata: boolean;
  readonly #names = new Set<string>();

  constructor(checker: Checker, jsonata: boolean) {
    this.#checker = checker;
    this.#jsonata = jsonata;
  }

  compileStates(fields: Fields, outer: VariableScope | undefined, depth = 0): States {
    if (depth > depthMax) {
      this.#checker.add(fields.path, `it is nested deeper than ${depthMax}`, 'Flatten the machine.');
      return { startAt: '', byName: new Map() };
    }
    fields.comment();
    const startAt = fields.text('StartAt', { required: true }) ?? '';
    const entries = new Fields(fields.get('States'), fields.at('States'), this.#checker);
    const variables = new VariableScope(outer);
    const context: CompileContext = {
      variables,
      compileStates: (inner) => this.compileStates(inner, variables, depth + 1),
    };
    const byName = new Map<string, State>();
    for (const [name, value] of Object.entries(entries.object)) {
      const state = this.#compileState(name, value, entries, context);
      if (state) byName.set(name, state);
    }
    for (const [name, path] of variables.clashes())
      this.#checker.add(
        path,
        `${name} is a variable of an outer scope`,
        'Give the inner variable another name.',
      );
    this.#checkGraph(startAt, byName, fields, entries);
    return { startAt, byName };
  }

  #compileState(name: string, value: JsonValue, entries: Fields, context: CompileContext): State | undefined {
    const fields = new Fields(value, entries.at(name), this.#checker);
    if (name.length > nameLengthMax)
      this.#checker.add(
        fields.path,
        `the name has ${name.length} characters`,
        `Use at most ${nameLengthMax}.`,
      );
    if (this.#names.has(name))
      this.#checker.add(
        fields.path,
        'another state has the same name',
        'Name each state of the machine differently.',
      );
    this.#names.add(name);
    this.#checkLanguage(fields);
    fields.comment();
    const type = fields.text('Type', { required: true });
    if (type === undefined) return undefined;
    if (Object.hasOwn(compilers, type)) return compilers[type]!(name, fields, context);
    fields.issue('Type', `there is no type ${type}`, `Write ${Object.keys(compilers).join(', ')}.`);
    return undefined;
  }

  #checkLanguage(fields: Fields): void {
    const language = fields.get('QueryLanguage');
    if (language === 'JSONata' || (language === undefined && this.#jsonata)) return;
    if (language !== undefined) return refuseLanguage(fields, language);
    this.#checker.add(
      fields.path,
      'its QueryLanguage is JSONPath, the default, which is not supported',
      'Write "QueryLanguage": "JSONata" at the top of the definition or in the state.',
    );
  }

  #checkGraph(startAt: string, byName: ReadonlyMap<string, State>, fields: Fields, entries: Fields): void {
    const exists = (name: string) => Object.hasOwn(entries.object, name);
    const names = Object.keys(entries.object as JsonObject);
    if (names.length === 0) entries.checker.add(entries.path, 'there is no state', 'Add at least one.');
    if (startAt !== '' && !exists(startAt))
      fields.issue('StartAt', `there is no state ${startAt}`, `Write one of ${names.join(', ')}.`);
    for (const state of byName.values())
      for (const target of state.targets)
        if (!exists(target))
          entries.issue(
            state.name,
            `it leads to ${target}, which doesn't exist`,
            `Write one of ${names.join(', ')}.`,
          );
    const reached = reachable(startAt, byName);
    if (!exists(startAt)) return;
    for (const name of names)
      if (!reached.has(name)) entries.issue(name, 'no state leads to it', 'Lead to it, or take it out.');
  }
}

function reachable(startAt: string, byName: ReadonlyMap<string, State>): ReadonlySet<string> {
  const reached = new Set([startAt]);
  for (const name of reached) for (const target of byName.get(name)?.targets ?? []) reached.add(target);
  return reached;
}
