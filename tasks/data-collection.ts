/**
 * Gathers records from values given inline, from files in the host's files folder, or from an HTTP source. With an empty input it
 * reads `inbox/*` there, which may be empty. Output: `{records, count, sources: [{source, count}]}`.
 */
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { isObject, type JsonObject, type JsonValue } from '../core/json.ts';
import { PermanentFailure, type TaskContext } from '../core/task/handler.ts';
import * as http from './http.ts';
import { parseCsv } from './lib/csv.ts';
import { findFiles } from './lib/files.ts';

type Format = 'json' | 'ndjson' | 'csv' | 'lines' | 'text';

export interface CollectionInput {
  items?: JsonValue[];
  /** Names or glob patterns. */
  files?: string | string[];
  url?: string;
  headers?: Record<string, string>;
  /** By the file's extension, or the answer's content type, unless given. `text` makes one record a file: `{file, text}`. */
  format?: Format;
  /** The first so many. */
  limit?: number;
}

const FILE_BYTES_MAX = 64 * 1024 * 1024;
const FORMATS: Format[] = ['json', 'ndjson', 'csv', 'lines', 'text'];

export const inputSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    items: { type: 'array' },
    files: { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' }, maxItems: 1000 }] },
    url: { type: 'string' },
    headers: { type: 'object', additionalProperties: { type: 'string' } },
    format: { enum: FORMATS },
    limit: { type: 'integer', minimum: 0 },
  },
};

/** A source that can't be read as its format says. */
export class UnreadableSource extends PermanentFailure {
  override readonly name = 'UnreadableSource';
}

interface Source {
  source: string;
  records: JsonValue[];
}

export async function handler(input: CollectionInput, context: TaskContext): Promise<JsonObject> {
  const sources: Source[] = [];
  if (input.items !== undefined) sources.push({ source: 'items', records: input.items });
  const nothingNamed = input.items === undefined && input.url === undefined;
  const patterns = input.files ?? (nothingNamed ? 'inbox/*' : []);
  for (const file of await findFiles([patterns].flat())) {
    context.signal.throwIfAborted();
    if (file.sizeBytes > FILE_BYTES_MAX)
      throw new UnreadableSource(
        `${file.name} has ${file.sizeBytes} bytes; the limit is ${FILE_BYTES_MAX}. Split it.`,
      );
    const format = input.format ?? formatOfName(file.name);
    sources.push({ source: file.name, records: parse(await readFile(file.path, 'utf8'), format, file.name) });
    context.heartbeat();
  }
  if (input.url !== undefined) sources.push(await fetchSource(input, input.url, context));
  const records = sources.flatMap(({ records }) => records).slice(0, input.limit ?? Infinity);
  if (records.length === 0) context.logger.warn('collected no records', { sources: sources.length });
  return {
    records,
    count: records.length,
    sources: sources.map(({ source, records }) => ({ source, count: records.length })),
  };
}

async function fetchSource(input: CollectionInput, url: string, context: TaskContext): Promise<Source> {
  const answer = await http.handler(
    { url, headers: input.headers ?? {}, responseBytesMax: FILE_BYTES_MAX },
    context,
  );
  const body = answer.body as JsonValue;
  if (typeof body !== 'string') return { source: url, records: listOf(body) };
  return {
    source: url,
    records: parse(body, input.format ?? formatOfType(answer.headers as Record<string, string>), url),
  };
}

function formatOfName(name: string): Format {
  const extension = extname(name).slice(1).toLowerCase();
  if (extension === 'jsonl') return 'ndjson';
  return FORMATS.find((format) => format === extension) ?? 'text';
}

function formatOfType(headers: Record<string, string>): Format {
  const type = headers['content-type'] ?? '';
  return type.includes('ndjson')
    ? 'ndjson'
    : type.includes('csv')
      ? 'csv'
      : type.includes('json')
        ? 'json'
        : 'text';
}

function parse(text: string, format: Format, source: string): JsonValue[] {
  switch (format) {
    case 'json':
      return listOf(parseJson(text, source));
    case 'ndjson':
      return linesOf(text).map((line, index) => parseJson(line, `${source}, line ${index + 1}`));
    case 'csv':
      return parseCsv(text);
    case 'lines':
      return linesOf(text);
    case 'text':
      return [{ file: source, text }];
  }
}

const linesOf = (text: string): string[] => text.split(/\r?\n/).filter((line) => line.trim() !== '');

function parseJson(text: string, source: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch (error) {
    throw new UnreadableSource(
      `${source} is not JSON: ${(error as Error).message}. Mend it, or set "format".`,
    );
  }
}

/** An array is its items; an object with one of the usual names for a list is that list; anything else is one record. */
function listOf(value: JsonValue): JsonValue[] {
  if (Array.isArray(value)) return value;
  if (isObject(value))
    for (const key of ['records', 'items', 'data']) if (Array.isArray(value[key])) return value[key];
  return [value];
}
