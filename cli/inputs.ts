/** Reads what the user gave: files, variables, JSON on the command line. */
import { readFile } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { DEFINITION_LIMITS, type WorkflowDefinition } from '../core/workflow/definition.ts';
import { isObject, type JsonObject, type JsonValue } from '../core/json.ts';
import { type CliDeps, UsageError } from './io.ts';

export interface DocumentFile {
  text: string;
  format: 'json' | 'yaml' | undefined;
  /** What messages call it: the path as given. */
  source: string;
}

/** `-` is standard input. Errors: `UsageError`. */
export async function readDocument(
  deps: CliDeps,
  file: string,
  sizeBytesMax = DEFINITION_LIMITS.sizeBytes * 8,
): Promise<DocumentFile> {
  if (file === '-') return { text: await deps.readStdin(), format: undefined, source: 'standard input' };
  const text = await readText(deps, file, sizeBytesMax);
  const extension = extname(file).toLowerCase();
  const format =
    extension === '.json' ? 'json' : extension === '.yaml' || extension === '.yml' ? 'yaml' : undefined;
  return { text, format, source: file };
}

async function readText(
  deps: CliDeps,
  file: string,
  sizeBytesMax = DEFINITION_LIMITS.sizeBytes * 8,
): Promise<string> {
  let bytes: Buffer;
  try {
    bytes = await readFile(resolve(deps.cwd, file));
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const reason =
      code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder' : message;
    throw new UsageError(`${file} can't be read: ${reason}.`, 'Check the path; "-" reads standard input.', {
      cause,
    });
  }
  if (bytes.length > sizeBytesMax)
    throw new UsageError(`${file} has ${bytes.length} bytes, too many for this.`, 'Split it.');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new UsageError(`${file} is not UTF-8 text.`, 'Save it as UTF-8.', { cause });
  }
}

const QUOTED = 'Quote it for the shell: \'{"a": 1}\', \'"text"\'.';

/** Errors: `UsageError`. */
export function parseJson(text: string, what: string, fix = QUOTED): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch (cause) {
    throw new UsageError(`${what} is not JSON: ${(cause as Error).message}.`, fix, { cause });
  }
}

/** Variables from `--vars-file` and, over them, each `--var name=value`. Errors: `UsageError`. */
export async function readVariables(
  deps: CliDeps,
  { varsFile, vars = [] }: { varsFile?: string; vars?: string[] },
  { variables: declared }: WorkflowDefinition,
): Promise<JsonObject> {
  const variables: JsonObject = {};
  if (varsFile !== undefined) {
    const given = parseJson(await readText(deps, varsFile), varsFile, 'Write {"name": value, …}.');
    if (!isObject(given)) throw new UsageError(`${varsFile} holds no object.`, 'Write {"name": value, …}.');
    Object.assign(variables, given);
  }
  for (const pair of vars) {
    const at = pair.indexOf('=');
    if (at < 1)
      throw new UsageError(`--var takes name=value and got "${pair}".`, 'Write such as --var limit=50.');
    const name = pair.slice(0, at);
    const type = declared.find((variable) => variable.name === name)?.type ?? 'any';
    variables[name] = variableValue(pair.slice(at + 1), type);
  }
  return variables;
}

/** What was meant by the text, given the declared type; the workflow itself checks that it fits. */
function variableValue(text: string, type: string): JsonValue {
  if (type === 'string') return text;
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return text;
  }
}

/** `--output TASK=JSON`, repeated. Errors: `UsageError`. */
export function readOutputs(pairs: string[]): Record<string, JsonValue> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1)
        throw new UsageError(
          `--output takes task=JSON and got "${pair}".`,
          `Write such as --output load='{"rows": 3}'.`,
        );
      return [pair.slice(0, at), parseJson(pair.slice(at + 1), `The output of ${pair.slice(0, at)}`)];
    }),
  );
}
