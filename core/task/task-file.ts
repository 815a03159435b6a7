/** What may stand in a `tasks/` folder, whichever host reads it. */
import { HoldfastError } from '../errors.ts';
import { isObject } from '../json.ts';
import { ENGINE_TYPES } from '../workflow/definition.ts';
import { refuseAwsOptions, type Refusal } from './aws-options.ts';
import type { AwsTaskOptions, TaskHandler, TaskModule } from './handler.ts';

/** A file in `tasks/` that can't be offered, and what to do about it. */
export interface TaskFileProblem {
  file: string;
  /** 1-based, where it is known. */
  line?: number;
  reason: string;
  fix: string;
}

export class UnusableTaskFile extends HoldfastError {
  override readonly name = 'UnusableTaskFile';
  override readonly kind = 'invalid';
  readonly problem: TaskFileProblem;

  constructor(problem: TaskFileProblem, options?: ErrorOptions) {
    const at = problem.line === undefined ? problem.file : `${problem.file}:${problem.line}`;
    super(`${at}: ${problem.reason}`, problem.fix, options);
    this.problem = problem;
  }
}

const FILE_NAME = /^(?!\.)(.*)\.(?:ts|js|mjs)$/;
const NOT_A_TASK = /\.d\.ts$|\.(?:test|spec)\.\w+$/;
const TYPE_NAME = /^[\p{L}\p{N}_][\p{L}\p{N}_.-]{0,199}$/u;

/** The type that a file of this name (without its folder) offers; undefined where it is no task file. */
export function typeOfFile(name: string): string | undefined {
  return NOT_A_TASK.test(name) ? undefined : FILE_NAME.exec(name)?.[1];
}

/** Why no file can offer this type, or undefined where one can. */
export function refuseType(type: string): Refusal | undefined {
  if ((ENGINE_TYPES as readonly string[]).includes(type))
    return {
      reason: `the type "${type}" is run by the engine itself, so this handler would never be called`,
      fix: 'Give the file another name.',
    };
  if (!TYPE_NAME.test(type))
    return {
      reason: `"${type}" can't be the name of a type`,
      fix: 'Use letters, digits, "_", "-" and ".".',
    };
  return undefined;
}

/** What a task file exports, checked. */
export interface TaskParts {
  handler: TaskHandler;
  inputSchema?: object;
  maxConcurrency?: number;
  aws?: AwsTaskOptions;
}

/** A handler function, or what a task file exports, by name or as its default. Errors: `UnusableTaskFile`. */
export function readTaskModule(module: unknown, file: string): TaskParts {
  const { handler, inputSchema, maxConcurrency, aws } = partsOf(module);
  const refuse = (refusal: Refusal): never => {
    throw new UnusableTaskFile({ file, ...refusal });
  };
  if (typeof handler !== 'function')
    refuse({
      reason:
        handler === undefined ? 'it exports no handler' : `its handler is no function but ${typeof handler}`,
      fix: 'Write `export const handler = async (input, context) => { … };` or `export default` of such a function.',
    });
  if (inputSchema !== undefined && !isObject(inputSchema))
    refuse({
      reason: '"inputSchema" is no object',
      fix: 'Export a JSON Schema, such as `{ type: "object", required: ["url"] }`, or leave it out.',
    });
  if (maxConcurrency !== undefined && !(Number.isInteger(maxConcurrency) && (maxConcurrency as number) > 0))
    refuse({
      reason: `"maxConcurrency" is ${JSON.stringify(maxConcurrency)}`,
      fix: 'Export a whole number above 0, or leave it out.',
    });
  const refusal = aws === undefined ? undefined : refuseAwsOptions(aws);
  if (refusal) refuse(refusal);
  return {
    handler: handler as TaskHandler,
    ...(inputSchema === undefined ? {} : { inputSchema: inputSchema as object }),
    ...(maxConcurrency === undefined ? {} : { maxConcurrency: maxConcurrency as number }),
    ...(aws === undefined ? {} : { aws: aws as AwsTaskOptions }),
  };
}

/** Why a file could not be imported. `mend` says what to do where nothing more is known. */
export function importFailed(file: string, error: unknown, mend: string): UnusableTaskFile {
  const { message, code, stack = '' } = error as Error & { code?: string };
  const at = stack.split('\n').find((line) => line.includes(file));
  const line = Number(/:(\d+)(?::\d+)?\)?$/.exec(at?.trim() ?? '')?.[1]);
  const fixes: Record<string, string> = {
    ERR_MODULE_NOT_FOUND:
      'Install the package or mend the path; imports of files need their extension (./lib.ts).',
    ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX:
      'Types are only stripped: write no enums, namespaces with values, or parameter properties.',
  };
  return new UnusableTaskFile(
    {
      file,
      ...(Number.isNaN(line) ? {} : { line }),
      reason: `it can't be loaded: ${message ?? String(error)}`,
      fix: fixes[code ?? ''] ?? mend,
    },
    { cause: error },
  );
}

function partsOf(module: unknown): Partial<Record<keyof TaskModule, unknown>> {
  if (typeof module === 'function') return { handler: module };
  if (!isObject(module)) return {};
  const { default: fallback, ...named } = module;
  if (named.handler !== undefined) return named;
  return isObject(fallback) ? { ...named, ...fallback } : { ...named, handler: fallback };
}
