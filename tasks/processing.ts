/**
 * Applies one operation, or several in turn, to `data`: `identity`, `transform` (JSONata; without an expression the data stays as it
 * is), `normalize`, `enrich`, `hash`, `compress`, `decompress`. Output: `{data, operations}`.
 */
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { canonicalJson, isObject, type JsonObject, type JsonValue } from '../core/json.ts';
import { PermanentFailure, type TaskContext } from '../core/task/handler.ts';
import { handler as transform } from './transform.ts';

const OPERATIONS = [
  'identity',
  'transform',
  'normalize',
  'enrich',
  'hash',
  'compress',
  'decompress',
] as const;
const ALGORITHMS = ['sha256', 'sha384', 'sha512'] as const;
const DECOMPRESSED_BYTES_MAX = 64 * 1024 * 1024;

export interface Operation {
  operation?: (typeof OPERATIONS)[number];
  /** `transform`: JSONata over the data. */
  expression?: string;
  /** `enrich`: constants to add to the object, or to each object of a list. */
  with?: JsonObject;
  /** `enrich`: JSONata over each object, the value of a new field. */
  fields?: Record<string, string>;
  /** `hash`: of text as it is, of anything else as JSON with sorted keys. */
  algorithm?: (typeof ALGORITHMS)[number];
}

export interface ProcessingInput extends Operation {
  data?: JsonValue;
  operations?: Array<Operation | (typeof OPERATIONS)[number]>;
}

const operationProperties = {
  operation: { enum: OPERATIONS },
  expression: { type: 'string' },
  with: { type: 'object' },
  fields: { type: 'object', additionalProperties: { type: 'string' } },
  algorithm: { enum: ALGORITHMS },
};

export const inputSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    ...operationProperties,
    data: { default: {} },
    operations: {
      type: 'array',
      maxItems: 100,
      items: {
        anyOf: [
          { enum: OPERATIONS },
          {
            type: 'object',
            required: ['operation'],
            additionalProperties: false,
            properties: operationProperties,
          },
        ],
      },
    },
  },
};

export class ProcessingFailed extends PermanentFailure {
  override readonly name = 'ProcessingFailed';
}

export async function handler(input: ProcessingInput, context: TaskContext): Promise<JsonObject> {
  const { data: given = {}, operations, ...single } = input;
  if (operations !== undefined && single.operation !== undefined)
    throw new ProcessingFailed('Both "operation" and "operations" are given. Keep one of them.');
  const steps = (operations ?? [single]).map((step) =>
    typeof step === 'string' ? { operation: step } : step,
  );
  let data = given;
  for (const step of steps) {
    context.signal.throwIfAborted();
    data = await apply(step, data);
  }
  return { data, operations: steps.map(({ operation = 'identity' }) => operation) };
}

async function apply(step: Operation, data: JsonValue): Promise<JsonValue> {
  switch (step.operation ?? 'identity') {
    case 'identity':
      return data;
    case 'transform':
      return step.expression === undefined ? data : transform({ expression: step.expression, data });
    case 'normalize':
      return normalize(data);
    case 'enrich':
      return enrich(data, step);
    case 'hash':
      return createHash(step.algorithm ?? 'sha256')
        .update(textOf(data))
        .digest('hex');
    case 'compress':
      return compress(textOf(data));
    case 'decompress':
      return decompress(data);
  }
}

const textOf = (data: JsonValue): string => (typeof data === 'string' ? data : canonicalJson(data));

/** Text and keys in Unicode NFC, trimmed, with single blanks inside. */
function normalize(data: JsonValue): JsonValue {
  if (typeof data === 'string') return normalText(data);
  if (Array.isArray(data)) return data.map(normalize);
  if (!isObject(data)) return data;
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [normalText(key), normalize(value as JsonValue)]),
  );
}

const normalText = (text: string): string => text.normalize('NFC').trim().replaceAll(/\s+/g, ' ');

async function enrich(data: JsonValue, step: Operation): Promise<JsonValue> {
  if (Array.isArray(data)) return Promise.all(data.map((item) => enrich(item, step)));
  if (!isObject(data))
    throw new ProcessingFailed(
      `"enrich" adds fields to objects and got ${JSON.stringify(data).slice(0, 100)}.`,
    );
  const enriched: JsonObject = { ...(data as JsonObject), ...step.with };
  for (const [name, expression] of Object.entries(step.fields ?? {}))
    enriched[name] = await transform({ expression, data: data as JsonObject });
  return enriched;
}

async function compress(text: string): Promise<JsonObject> {
  const original = Buffer.from(text);
  const bytes = await promisify(gzip)(original);
  return {
    encoding: 'gzip+base64',
    content: bytes.toString('base64'),
    sizeBytes: bytes.length,
    originalBytes: original.length,
  };
}

async function decompress(data: JsonValue): Promise<JsonValue> {
  const content = isObject(data) ? data.content : data;
  if (typeof content !== 'string')
    throw new ProcessingFailed('"decompress" needs the output of "compress", or base64 text of gzip data.');
  let text: string;
  try {
    text = (
      await promisify(gunzip)(Buffer.from(content, 'base64'), { maxOutputLength: DECOMPRESSED_BYTES_MAX })
    ).toString();
  } catch (error) {
    throw new ProcessingFailed(
      `The data can't be decompressed: ${(error as Error).message}. It must be gzip in base64, at most ${DECOMPRESSED_BYTES_MAX} bytes unpacked.`,
    );
  }
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return text;
  }
}
