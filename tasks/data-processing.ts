/**
 * Works over records, in this order: `filter`, `map`, `select`, `distinct`, `sort`, `groupBy` with `aggregate`, `limit`. An empty
 * input has no records. Output: `{records, count, inputCount, totals?}`; `totals` are the aggregates where nothing is grouped.
 */
import {
  compileCondition,
  compileExpression,
  ExpressionError,
  ExpressionSyntaxError,
} from '../core/expression/index.ts';
import { canonicalJson, type JsonObject, type JsonValue } from '../core/json.ts';
import { PermanentFailure, type TaskContext } from '../core/task/handler.ts';
import {
  AGGREGATES,
  type Aggregate,
  aggregateRecords,
  fieldOf,
  groupRecords,
  sortRecords,
} from './lib/records.ts';

export interface DataProcessingInput {
  records?: JsonValue[];
  /** JSONata over each record, true to keep it. */
  filter?: string;
  /** JSONata over each record; what it gives replaces the record, nothing drops it. */
  map?: string;
  /** Fields to keep, by dotted path. */
  select?: string[];
  distinct?: boolean;
  sort?: string | Array<string | { field: string; descending?: boolean }>;
  groupBy?: string | string[];
  aggregate?: Record<string, Aggregate>;
  limit?: number;
}

export const inputSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    records: { type: 'array', default: [] },
    filter: { type: 'string' },
    map: { type: 'string' },
    select: { type: 'array', items: { type: 'string' } },
    distinct: { type: 'boolean' },
    sort: {
      anyOf: [
        { type: 'string' },
        {
          type: 'array',
          items: {
            anyOf: [
              { type: 'string' },
              {
                type: 'object',
                required: ['field'],
                additionalProperties: false,
                properties: { field: { type: 'string' }, descending: { type: 'boolean' } },
              },
            ],
          },
        },
      ],
    },
    groupBy: { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' }, minItems: 1 }] },
    aggregate: {
      type: 'object',
      additionalProperties: {
        type: 'object',
        required: ['operation'],
        additionalProperties: false,
        properties: { operation: { enum: AGGREGATES }, field: { type: 'string' } },
      },
    },
    limit: { type: 'integer', minimum: 0 },
  },
};

export class ProcessingFailed extends PermanentFailure {
  override readonly name = 'ProcessingFailed';
}

/** Records between two looks at the signal. */
const SLICE = 500;

export async function handler(input: DataProcessingInput, context: TaskContext): Promise<JsonObject> {
  const given = input.records ?? [];
  let records = await filterAndMap(given, input, context);
  if (input.select) records = records.map((record) => pick(record, input.select!));
  if (input.distinct)
    records = [...new Map(records.map((record) => [canonicalJson(record), record])).values()];
  if (input.sort) {
    const by = [input.sort].flat().map((key) => (typeof key === 'string' ? { field: key } : key));
    records = sortRecords(records, by);
  }
  const totals = input.aggregate && !input.groupBy ? aggregateRecords(records, input.aggregate) : undefined;
  if (input.groupBy)
    records = groupRecords(
      records,
      [input.groupBy].flat(),
      input.aggregate ?? { count: { operation: 'count' } },
    );
  records = records.slice(0, input.limit ?? Infinity);
  return { records, count: records.length, inputCount: given.length, ...(totals ? { totals } : {}) };
}

async function filterAndMap(
  records: JsonValue[],
  { filter, map }: DataProcessingInput,
  context: TaskContext,
): Promise<JsonValue[]> {
  if (filter === undefined && map === undefined) return records;
  const kept: JsonValue[] = [];
  let index = 0;
  try {
    const condition = filter === undefined ? undefined : compileCondition(filter);
    const expression = map === undefined ? undefined : compileExpression(map);
    for (; index < records.length; index++) {
      if (index % SLICE === 0) await breathe(context);
      const record = records[index]!;
      if (condition && !(await condition.evaluate(record))) continue;
      const value = expression ? ((await expression.evaluate(record)) as JsonValue | undefined) : record;
      if (value !== undefined) kept.push(value);
    }
  } catch (error) {
    if (!(error instanceof ExpressionError || error instanceof ExpressionSyntaxError)) throw error;
    const place = error instanceof ExpressionError ? `Record ${index}: ` : '';
    throw new ProcessingFailed(`${place}${error.message} ${error.fix}`, { cause: error });
  }
  return kept;
}

/** Lets the host do other work, and ends here when the attempt was stopped. */
async function breathe(context: TaskContext): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  context.signal.throwIfAborted();
  context.heartbeat();
}

function pick(record: JsonValue, fields: string[]): JsonObject {
  return Object.fromEntries(
    fields.flatMap((field) => {
      const value = fieldOf(record, field);
      return value === undefined ? [] : [[field, value]];
    }),
  );
}
