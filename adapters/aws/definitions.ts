import { createHash } from 'node:crypto';
import { PayloadCorrupt } from '../../core/errors.ts';
import type { PayloadStore } from '../../core/ports/payload-store.ts';
import type { WorkflowDefinition } from '../../core/workflow/definition.ts';
import type { ItemTable, Key } from './item-table.ts';
import { type Packed, packText, unpackText } from './text.ts';

interface DefinitionItem extends Key {
  createdMs: number;
  /** Of its JSON, in hex. */
  sha256: string;
  packed?: Packed;
  /** Where it is, when an item doesn't hold it. */
  ref?: string;
}

/** Of an item's 400 KB. */
const INLINE_BYTES_MAX = 300 * 1024;
/** They never change, so they are read once while they are in use: so many, and so much JSON together. */
const KEPT_MAX = 100;
const KEPT_CHARACTERS_MAX = 32 * 1024 * 1024;

/** Definitions by the hash of their content: `D#<hash>`. */
export class Definitions {
  readonly #table: ItemTable;
  readonly #payloads: PayloadStore;
  readonly #kept = new Map<string, { definition: WorkflowDefinition; characters: number }>();
  #characters = 0;

  constructor(table: ItemTable, payloads: PayloadStore) {
    this.#table = table;
    this.#payloads = payloads;
  }

  /** Idempotent. */
  async put(definition: WorkflowDefinition, hash: string, nowMs: number): Promise<void> {
    if (this.#kept.has(hash)) return;
    const text = JSON.stringify(definition);
    const packed = packText(text);
    const isLarge = Buffer.byteLength(packed) > INLINE_BYTES_MAX;
    const where = isLarge ? { ref: await this.#payloads.put(new TextEncoder().encode(text)) } : { packed };
    await this.#table.insert({ ...keyOf(hash), createdMs: nowMs, sha256: sha256(text), ...where });
    this.#keep(hash, definition, text.length);
  }

  /** Errors: `PayloadCorrupt`. */
  async get(hash: string): Promise<WorkflowDefinition | undefined> {
    const known = this.#kept.get(hash);
    if (known) return known.definition;
    const item = await this.#table.get<DefinitionItem>(keyOf(hash));
    if (!item) return undefined;
    const text = await this.#textOf(item);
    const definition = JSON.parse(text) as WorkflowDefinition;
    this.#keep(hash, definition, text.length);
    return definition;
  }

  async #textOf({ pk, sha256: expected, packed, ref }: DefinitionItem): Promise<string> {
    const bytes = ref === undefined ? undefined : await this.#payloads.get(ref);
    if (ref !== undefined && !bytes) throw corrupt(pk, `is kept as ${ref}, which is gone`);
    let text: string;
    try {
      text = bytes ? new TextDecoder().decode(bytes) : unpackText(packed!);
    } catch (error) {
      throw corrupt(pk, `can't be unpacked (${(error as Error).message})`);
    }
    if (sha256(text) !== expected) throw corrupt(pk, 'has other content than was stored');
    return text;
  }

  #keep(hash: string, definition: WorkflowDefinition, characters: number): void {
    if (characters > KEPT_CHARACTERS_MAX) return;
    this.#forget(hash);
    this.#kept.set(hash, { definition, characters });
    this.#characters += characters;
    while (this.#kept.size > KEPT_MAX || this.#characters > KEPT_CHARACTERS_MAX)
      this.#forget(this.#kept.keys().next().value!);
  }

  #forget(hash: string): void {
    this.#characters -= this.#kept.get(hash)?.characters ?? 0;
    this.#kept.delete(hash);
  }
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const corrupt = (pk: string, what: string) =>
  new PayloadCorrupt(
    `The definition ${pk} ${what}.`,
    'Restore the table and the payload bucket to a point in time before, or submit the workflow under another name.',
  );

const keyOf = (hash: string): Key => ({ pk: `D#${hash}`, sk: 'D' });
