import { pathToFileURL } from 'node:url';
import type { InputCheck, OfferedTask } from '../adapters/embedded/task-types.ts';
import { HoldfastError } from '../core/errors.ts';
import { isObject } from '../core/json.ts';
import type { TaskHandler, TaskModule } from '../core/task/handler.ts';

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

/**
 * Imports the version of a file that `stamp` names; another stamp imports it anew. What the file itself imports is not read again.
 * Errors: `UnusableTaskFile`.
 */
export async function importTask(file: string, stamp: string, shipped: boolean): Promise<OfferedTask> {
  let module: Record<string, unknown>;
  try {
    module = (await import(`${pathToFileURL(file).href}?${stamp}`)) as Record<string, unknown>;
  } catch (error) {
    throw importProblem(file, error);
  }
  return taskOf(module, file, shipped);
}

/** A handler function, or what a task file exports. Errors: `UnusableTaskFile`. */
export async function taskOf(module: unknown, source: string, shipped = false): Promise<OfferedTask> {
  const { handler, inputSchema, maxConcurrency } = partsOf(module);
  if (typeof handler !== 'function')
    throw new UnusableTaskFile({
      file: source,
      reason:
        handler === undefined ? 'it exports no handler' : `its handler is no function but ${typeof handler}`,
      fix: 'Write `export const handler = async (input, context) => { … };` or `export default` of such a function.',
    });
  if (inputSchema !== undefined && !isObject(inputSchema))
    throw new UnusableTaskFile({
      file: source,
      reason: '"inputSchema" is no object',
      fix: 'Export a JSON Schema, such as `{ type: "object", required: ["url"] }`, or leave it out.',
    });
  if (maxConcurrency !== undefined && !(Number.isInteger(maxConcurrency) && (maxConcurrency as number) > 0))
    throw new UnusableTaskFile({
      file: source,
      reason: `"maxConcurrency" is ${JSON.stringify(maxConcurrency)}`,
      fix: 'Export a whole number above 0, or leave it out.',
    });
  const check = inputSchema === undefined ? undefined : await checkOf(inputSchema, source, shipped);
  return {
    handler: handler as TaskHandler,
    source,
    ...(check === undefined ? {} : { check }),
    ...(maxConcurrency === undefined ? {} : { maxConcurrency: maxConcurrency as number }),
  };
}

function partsOf(module: unknown): Partial<Record<keyof TaskModule, unknown>> {
  if (typeof module === 'function') return { handler: module };
  if (!isObject(module)) return {};
  const { default: fallback, ...named } = module;
  if (named.handler !== undefined) return named;
  return isObject(fallback) ? { ...named, ...fallback } : { ...named, handler: fallback };
}

/** Loaded with the first schema: it takes a tenth of a second that most starts don't need. */
const compiler = () => import('../core/json-schema/compile.ts');

/** Shipped schemas are compiled when first used; somebody else's at once, so that a mistake shows when the file is saved. */
async function checkOf(schema: object, source: string, shipped: boolean): Promise<InputCheck | undefined> {
  if (Object.keys(schema).length === 0) return undefined;
  const compile = async (): Promise<InputCheck> => (await compiler()).compileJsonSchema(schema);
  if (!shipped) {
    try {
      return await compile();
    } catch (error) {
      if (!(error instanceof HoldfastError)) throw error;
      const reason = `"inputSchema": ${error.message}`;
      throw new UnusableTaskFile({ file: source, reason, fix: error.fix }, { cause: error });
    }
  }
  let ready: InputCheck | undefined;
  return (input) => ready?.(input) ?? compile().then((check) => (ready = check)(input));
}

function importProblem(file: string, error: unknown): UnusableTaskFile {
  const { message, code, stack = '' } = error as NodeJS.ErrnoException;
  const at = stack.split('\n').find((line) => line.includes(file));
  const line = Number(/:(\d+)(?::\d+)?\)?$/.exec(at?.trim() ?? '')?.[1]);
  return new UnusableTaskFile(
    {
      file,
      ...(Number.isNaN(line) ? {} : { line }),
      reason: `it can't be loaded: ${message ?? String(error)}`,
      fix:
        code === 'ERR_MODULE_NOT_FOUND'
          ? 'Install the package or mend the path; imports of files need their extension (./lib.ts).'
          : code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX'
            ? 'Types are only stripped: write no enums, namespaces with values, or parameter properties.'
            : 'Mend it and save: it is loaded again at once. Until then the version before stays in force.',
    },
    { cause: error },
  );
}
