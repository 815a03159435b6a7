/** Keeps records as CSV in the host's files folder, whole or not at all. Output: `{file, count, sizeBytes}`. */
import { isObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { formatCsv } from '../../tasks/lib/csv.ts';
import { saveFile } from '../../tasks/lib/files.ts';
import { loadPlanets } from './lib/planets.ts';

export const inputSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    records: { type: 'array', items: { type: 'object' } },
    file: { type: 'string', minLength: 1 },
  },
};

export async function handler(input: { records?: JsonValue[]; file?: string }): Promise<JsonObject> {
  const { file = 'results/planets.csv', records = (await loadPlanets()) as JsonValue[] } = input;
  const rows = records.filter(isObject) as JsonObject[];
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const csv = formatCsv(
    names,
    rows.map((row) => names.map((name) => textOf(row[name]))),
  );
  await saveFile(file, csv);
  return { file, count: rows.length, sizeBytes: Buffer.byteLength(csv) };
}

function textOf(value: JsonValue | undefined): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
