/** What the data tasks share: records are JSON values, mostly objects; fields are named by dotted paths. */
import { isObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { PermanentFailure } from '../../core/task/handler.ts';

export const AGGREGATES = [
  'count',
  'sum',
  'average',
  'min',
  'max',
  'median',
  'first',
  'last',
  'distinct',
] as const;

export interface Aggregate {
  operation: (typeof AGGREGATES)[number];
  /** Not needed by `count`. */
  field?: string;
}

export class InvalidRecords extends PermanentFailure {
  override readonly name = 'InvalidRecords';
}

/** The value at `a.b.c`, or undefined. */
export function fieldOf(record: JsonValue, path: string): JsonValue | undefined {
  let value: JsonValue | undefined = record;
  for (const key of path.split('.')) {
    if (!isObject(value) || !Object.hasOwn(value, key)) return undefined;
    value = value[key];
  }
  return value;
}

/** Numbers before text before the rest; what is missing comes last in either order. */
export function sortRecords(
  records: JsonValue[],
  by: Array<{ field: string; descending?: boolean }>,
): JsonValue[] {
  return records.toSorted((a, b) => {
    for (const { field, descending } of by) {
      const [left, right] = [fieldOf(a, field) ?? null, fieldOf(b, field) ?? null];
      if (left === null || right === null) {
        if (left !== right) return left === null ? 1 : -1;
        continue;
      }
      const order = compare(left, right);
      if (order !== 0) return descending === true ? -order : order;
    }
    return 0;
  });
}

function compare(a: JsonValue, b: JsonValue): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'number' || typeof b === 'number') return typeof a === 'number' ? -1 : 1;
  const [left, right] = [asText(a), asText(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

const asText = (value: JsonValue): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** One record a group, in order of first appearance: the fields it is grouped by, then the aggregates. */
export function groupRecords(
  records: JsonValue[],
  fields: string[],
  aggregates: Record<string, Aggregate>,
): JsonObject[] {
  const groups = new Map<string, { values: JsonValue[]; members: JsonValue[] }>();
  for (const record of records) {
    const values = fields.map((field) => fieldOf(record, field) ?? null);
    const key = JSON.stringify(values);
    const group = groups.get(key);
    if (group) group.members.push(record);
    else groups.set(key, { values, members: [record] });
  }
  return [...groups.values()].map(({ values, members }) => ({
    ...Object.fromEntries(fields.map((field, index) => [field, values[index]!])),
    ...aggregateRecords(members, aggregates),
  }));
}

export function aggregateRecords(records: JsonValue[], aggregates: Record<string, Aggregate>): JsonObject {
  return Object.fromEntries(
    Object.entries(aggregates).map(([name, aggregate]) => [name, aggregateOf(records, name, aggregate)]),
  );
}

function aggregateOf(records: JsonValue[], name: string, { operation, field }: Aggregate): JsonValue {
  if (operation === 'count' && field === undefined) return records.length;
  if (field === undefined)
    throw new InvalidRecords(`The aggregate "${name}" (${operation}) names no field. Add "field".`);
  const values = records
    .map((record) => fieldOf(record, field))
    .filter((value) => value !== undefined && value !== null);
  switch (operation) {
    case 'count':
      return values.length;
    case 'first':
      return values[0] ?? null;
    case 'last':
      return values.at(-1) ?? null;
    case 'distinct':
      return new Set(values.map((value) => JSON.stringify(value))).size;
    default:
      return numeric(
        values.map((value) => numberOf(value, name, field)),
        operation,
      );
  }
}

function numeric(values: number[], operation: 'sum' | 'average' | 'min' | 'max' | 'median'): number | null {
  const sum = values.reduce((total, value) => total + value, 0);
  if (operation === 'sum') return sum;
  if (values.length === 0) return null;
  switch (operation) {
    case 'average':
      return sum / values.length;
    case 'min':
      return values.reduce((a, b) => Math.min(a, b));
    case 'max':
      return values.reduce((a, b) => Math.max(a, b));
    case 'median': {
      const sorted = values.toSorted((a, b) => a - b);
      const middle = sorted.length >> 1;
      return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
    }
  }
}

/** CSV cells are text, so digits count as a number. */
function numberOf(value: JsonValue, name: string, field: string): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number === 'number' && Number.isFinite(number)) return number;
  throw new InvalidRecords(
    `The aggregate "${name}" needs numbers in "${field}" and found ${JSON.stringify(value).slice(0, 100)}. Filter such records out first.`,
  );
}
