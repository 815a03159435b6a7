import { pathToFileURL } from 'node:url';
import type { OfferedTask } from '../adapters/embedded/task-types.ts';
import { HoldfastError } from '../core/errors.ts';
import { compileInputCheck, type InputCheck, lazyInputCheck } from '../core/task/input-check.ts';
import { importFailed, readTaskModule, UnusableTaskFile } from '../core/task/task-file.ts';

/**
 * Imports the version of a file that `stamp` names; another stamp imports it anew. What the file itself imports is not read again.
 * Errors: `UnusableTaskFile`.
 */
export async function importTask(file: string, stamp: string, shipped: boolean): Promise<OfferedTask> {
  let module: Record<string, unknown>;
  try {
    module = (await import(`${pathToFileURL(file).href}?${stamp}`)) as Record<string, unknown>;
  } catch (error) {
    throw importFailed(
      file,
      error,
      'Mend it and save: it is loaded again at once. Until then the version before stays in force.',
    );
  }
  return taskOf(module, file, shipped);
}

/** A handler function, or what a task file exports. Errors: `UnusableTaskFile`. */
export async function taskOf(module: unknown, source: string, shipped = false): Promise<OfferedTask> {
  const { handler, inputSchema, maxConcurrency } = readTaskModule(module, source);
  const check = inputSchema === undefined ? undefined : await checkOf(inputSchema, source, shipped);
  return {
    handler,
    source,
    ...(check === undefined ? {} : { check }),
    ...(maxConcurrency === undefined ? {} : { maxConcurrency }),
  };
}

/** Shipped schemas are compiled when first used; somebody else's at once, so that a mistake shows when the file is saved. */
async function checkOf(schema: object, source: string, shipped: boolean): Promise<InputCheck | undefined> {
  if (shipped) return lazyInputCheck(schema);
  try {
    return await compileInputCheck(schema);
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error;
    const reason = `"inputSchema": ${error.message}`;
    throw new UnusableTaskFile({ file: source, reason, fix: error.fix }, { cause: error });
  }
}
