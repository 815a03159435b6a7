/** Values that would make their item dear to read and write, or that no item can hold, lie beside it. */
import { createHash } from 'node:crypto';
import { StoreUnavailable } from '../../core/errors.ts';
import type { ItemTable, Key } from './item-table.ts';
import { type Packed, packText, parsePacked, unpackText } from './text.ts';

/** Of an item's 400 KB, with room for what stands beside. */
export const PART_BYTES_MAX = 350 * 1024;

interface Part extends Key {
  text: Packed;
}

/** Attributes of an item: the value under its name, or where it lies under `…At`. */
export type Kept<Name extends string> = { [N in Name]: Packed | undefined } & {
  [N in `${Name}At`]: string | undefined;
};

export class LargeValues {
  readonly #table: ItemTable;

  constructor(table: ItemTable) {
    this.#table = table;
  }

  /**
   * The attributes that keep a JSON text, undefined for none; longer than `lengthMax` it is written under `pk`, before the item
   * that names it. Values are named by their content, so writing one twice is harmless. `kept`: where one lies already.
   */
  async keep<Name extends string>(
    pk: string,
    name: Name,
    text: string | undefined,
    lengthMax: number,
    kept?: string,
  ): Promise<Kept<Name>> {
    const isLarge = text !== undefined && text.length > lengthMax;
    return {
      [name]: text === undefined || isLarge ? undefined : packText(text),
      [`${name}At`]: isLarge ? await this.#put(pk, text, kept) : undefined,
    } as Kept<Name>;
  }

  /** The value behind the attributes that keep it; undefined for none. */
  async read<T>(pk: string, value: Packed | undefined, at: string | undefined): Promise<T | undefined> {
    if (at !== undefined) return JSON.parse(await this.#get(pk, at)) as T;
    return value === undefined ? undefined : parsePacked<T>(value);
  }

  async #put(pk: string, text: string, kept: string | undefined): Promise<string> {
    const hash = createHash('sha256').update(text).digest('base64url').slice(0, 22);
    if (kept?.startsWith(`${hash}.`)) return kept;
    const packed = packText(text);
    const bytes = typeof packed === 'string' ? Buffer.from(packed) : packed;
    const count = Math.ceil(bytes.length / PART_BYTES_MAX);
    for (let part = 0; part < count; part++) {
      const slice = bytes.subarray(part * PART_BYTES_MAX, (part + 1) * PART_BYTES_MAX);
      await this.#table.put({
        pk,
        sk: partSk(hash, part),
        text: count === 1 ? packed : Uint8Array.from(slice),
      });
    }
    return `${hash}.${count}${typeof packed === 'string' ? 't' : ''}`;
  }

  async #get(pk: string, reference: string): Promise<string> {
    const [, hash, count] = /^([\w-]+)\.(\d+)/.exec(reference)!;
    const keys = Array.from({ length: Number(count) }, (_, part) => ({ pk, sk: partSk(hash!, part) }));
    const parts =
      keys.length === 1 ? [await this.#table.get<Part>(keys[0]!)] : await this.#table.getAll<Part>(keys);
    const bySk = new Map(parts.map((part) => [part?.sk, part?.text]));
    const texts = keys.map(({ sk }) => bySk.get(sk) ?? lost(pk, sk));
    if (texts.length === 1) return unpackText(texts[0]!);
    const bytes = Buffer.concat(texts as Uint8Array[]);
    return reference.endsWith('t') ? bytes.toString('utf8') : unpackText(bytes);
  }
}

const partSk = (hash: string, part: number): string => `B#${hash}#${part}`;

function lost(pk: string, sk: string): never {
  throw new StoreUnavailable(
    `The table lacks the value ${sk} of ${pk}, which an item names.`,
    'Restore the table from its point-in-time recovery; nothing deletes such a value by itself.',
  );
}
