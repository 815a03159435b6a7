/**
 * Renders a report as Markdown, CSV or JSON and, with `saveAs`, keeps it in the host's files folder. `data` may be a list of records
 * (a table), an object (a list of its fields) or text; `sections` make several. Output: `{report, format, sizeBytes, file?}`.
 */
import { isObject, type JsonObject, type JsonValue } from '../core/json.ts';
import { PermanentFailure } from '../core/task/handler.ts';
import { formatCsv } from './lib/csv.ts';
import { saveFile } from './lib/files.ts';
import { fieldOf } from './lib/records.ts';

interface Section {
  title?: string;
  data?: JsonValue;
  /** Fields of the table, by dotted path; all that the records have unless given. */
  columns?: string[];
}

export interface ReportingInput extends Section {
  format?: 'markdown' | 'csv' | 'json';
  sections?: Section[];
  saveAs?: string;
}

const sectionProperties = {
  title: { type: 'string' },
  data: {},
  columns: { type: 'array', items: { type: 'string' }, minItems: 1 },
};

export const inputSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    ...sectionProperties,
    format: { enum: ['markdown', 'csv', 'json'], default: 'markdown' },
    sections: {
      type: 'array',
      maxItems: 1000,
      items: { type: 'object', additionalProperties: false, properties: sectionProperties },
    },
    saveAs: { type: 'string', minLength: 1 },
  },
};

export class ReportFailed extends PermanentFailure {
  override readonly name = 'ReportFailed';
}

export async function handler(input: ReportingInput): Promise<JsonObject> {
  const format = input.format ?? 'markdown';
  const report = render(input, format);
  if (input.saveAs !== undefined) await saveFile(input.saveAs, report);
  return {
    report,
    format,
    sizeBytes: Buffer.byteLength(report),
    ...(input.saveAs === undefined ? {} : { file: input.saveAs }),
  };
}

function render(input: ReportingInput, format: 'markdown' | 'csv' | 'json'): string {
  const { title, data, columns, sections = [] } = input;
  switch (format) {
    case 'json':
      return `${JSON.stringify({ title, data, sections: sections.length > 0 ? sections : undefined }, null, 2)}\n`;
    case 'csv': {
      if (sections.length > 0 || !Array.isArray(data ?? []))
        throw new ReportFailed(
          'A CSV report is one table: give "data" as a list of records, without "sections".',
        );
      const { names, rows } = table((data ?? []) as JsonValue[], columns);
      return formatCsv(names, rows);
    }
    case 'markdown':
      return [`# ${inline(title ?? 'Report')}`, ...body(data, columns), ...sections.flatMap(renderSection)]
        .join('\n\n')
        .concat('\n');
  }
}

function renderSection({ title, data, columns }: Section): string[] {
  return [...(title === undefined ? [] : [`## ${inline(title)}`]), ...body(data, columns)];
}

function body(data: JsonValue | undefined, columns: string[] | undefined): string[] {
  if (data === undefined) return [];
  if (Array.isArray(data)) return [markdownTable(data, columns)];
  if (!isObject(data)) return [typeof data === 'string' ? data : cell(data)];
  return [
    Object.entries(data)
      .map(([name, value]) => `- **${inline(name)}**: ${inline(cell(value as JsonValue))}`)
      .join('\n'),
  ];
}

function markdownTable(records: JsonValue[], columns: string[] | undefined): string {
  if (records.length === 0) return '(no records)';
  const { names, rows } = table(records, columns);
  const line = (cells: string[]) =>
    `| ${cells.map((text) => inline(text).replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(names), line(names.map(() => '---')), ...rows.map(line)].join('\n');
}

function table(records: JsonValue[], columns: string[] | undefined): { names: string[]; rows: string[][] } {
  const plain = records.map((record) => (isObject(record) ? record : { value: record }) as JsonObject);
  const names = columns ?? [...new Set(plain.flatMap((record) => Object.keys(record)))];
  return {
    names,
    rows: plain.map((record) => names.map((name) => cell(record[name] ?? fieldOf(record, name)))),
  };
}

function cell(value: JsonValue | undefined): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

const inline = (text: string): string => text.replaceAll(/\s*[\r\n]+\s*/g, ' ');
