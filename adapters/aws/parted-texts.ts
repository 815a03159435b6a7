/** Texts of any length under one partition key, compressed, in parts that items hold. */
import { gunzipSync, gzipSync } from 'node:zlib';
import { eachOf } from '../../core/side-by-side.ts';
import type { ItemTable, Key } from './item-table.ts';
import { PART_BYTES_MAX } from './large-values.ts';

interface PartItem extends Key {
  bytes: Uint8Array;
  /** How many there are. */
  parts: number;
}

const AT_ONCE = 8;

export class PartedTexts {
  readonly #table: ItemTable;
  readonly #pk: string;

  constructor(table: ItemTable, pk: string) {
    this.#table = table;
    this.#pk = pk;
  }

  /** `name` must be new: a text never changes under its name. */
  async put(name: string, text: string): Promise<void> {
    const bytes = gzipSync(text);
    const parts = Math.ceil(bytes.length / PART_BYTES_MAX);
    await eachOf([...Array(parts).keys()], AT_ONCE, (part) => {
      const slice = bytes.subarray(part * PART_BYTES_MAX, (part + 1) * PART_BYTES_MAX);
      return this.#table.put({ ...this.#key(name, part), bytes: Uint8Array.from(slice), parts });
    });
  }

  /** Undefined where it, or a part of it, is not there. */
  async get(name: string): Promise<string | undefined> {
    const found = await this.#table.query<PartItem>({ ...this.#parts(name), consistent: true });
    if (found.length === 0 || found.length < found[0]!.parts) return undefined;
    return gunzipSync(Buffer.concat(found.map(({ bytes }) => bytes))).toString('utf8');
  }

  async delete(name: string): Promise<void> {
    const found = await this.#table.query<Key>({
      ...this.#parts(name),
      only: ['pk', 'sk'],
      consistent: true,
    });
    await eachOf(found, AT_ONCE, ({ pk, sk }) => this.#table.delete({ pk, sk }));
  }

  #parts(name: string) {
    return { pk: this.#pk, that: 'begins_with(#sk, :name)', values: { name: `${name}#` } };
  }

  #key(name: string, part: number): Key {
    return { pk: this.#pk, sk: `${name}#${String(part).padStart(4, '0')}` };
  }
}
