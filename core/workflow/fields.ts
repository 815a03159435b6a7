import type { JsonObject, JsonValue } from '../json.ts';
import { describe, type Issues, type Path } from './issues.ts';
import { suggestion } from './names.ts';

/** Canonical field name to the spellings accepted for it. */
export type FieldTable = Readonly<Record<string, readonly string[]>>;

export interface Field {
  value: JsonValue;
  /** The spelling that was used. */
  key: string;
  path: Path;
}

const canonicalNames = new WeakMap<FieldTable, ReadonlyMap<string, string>>();

/** An object's fields by canonical name. Unknown fields and a field spelled twice are refused; null counts as absent. */
export class Fields<Table extends FieldTable> {
  readonly #fields = new Map<string, Field>();

  constructor(
    source: JsonObject,
    path: Path,
    table: Table,
    issues: Issues,
    /** Places of fields that were written elsewhere than directly under `path`. */
    placed: ReadonlyMap<string, Path> = new Map(),
  ) {
    const names = namesOf(table);
    for (const [key, value] of Object.entries(source)) {
      const name = names.get(key);
      const at = placed.get(key) ?? [...path, key];
      if (name === undefined) {
        refuseUnknown(key, at, names, issues);
        continue;
      }
      const earlier = this.#fields.get(name);
      if (earlier)
        issues.add(at, `"${key}" and "${earlier.key}" say the same.`, 'Keep one of the two.', { key: true });
      else if (value !== null || name === 'default' || name === 'output')
        this.#fields.set(name, { value, key, path: at });
    }
  }

  take(name: keyof Table & string): Field | undefined {
    return this.#fields.get(name);
  }
}

function namesOf(table: FieldTable): ReadonlyMap<string, string> {
  let names = canonicalNames.get(table);
  if (!names) {
    names = new Map(
      Object.entries(table).flatMap(([name, spellings]) => spellings.map((key) => [key, name])),
    );
    canonicalNames.set(table, names);
  }
  return names;
}

function refuseUnknown(key: string, path: Path, names: ReadonlyMap<string, string>, issues: Issues): void {
  const near = suggestion(key, names.keys());
  const known = [...new Set(names.values())].join(', ');
  issues.add(
    path,
    `There is no field "${key}" here.${near}`,
    near === '' ? `Use one of: ${known}.` : 'Correct the name, or remove the field.',
    {
      key: true,
    },
  );
}

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The text of a field; a number (an id such as `1`) is taken as text. */
export function readText(field: Field, issues: Issues): string | undefined {
  if (typeof field.value === 'string') return field.value;
  if (typeof field.value === 'number') return String(field.value);
  issues.add(field.path, `"${field.key}" must be text, not ${describe(field.value)}.`, 'Write text.');
  return undefined;
}

export function readObject(field: Field, issues: Issues): JsonObject | undefined {
  if (isJsonObject(field.value)) return field.value;
  issues.add(
    field.path,
    `"${field.key}" must be an object, not ${describe(field.value)}.`,
    'Write `key: value` pairs.',
  );
  return undefined;
}
