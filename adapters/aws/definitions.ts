import { PayloadCorrupt } from '../../core/errors.ts';
import type { PayloadStore } from '../../core/ports/payload-store.ts';
import type { WorkflowDefinition } from '../../core/workflow/definition.ts';
import type { ItemTable, Key } from './item-table.ts';
import { type Packed, packText, parsePacked } from './text.ts';

interface DefinitionItem extends Key {
  createdMs: number;
  packed?: Packed;
  /** Where it is, when an item doesn't hold it. */
  ref?: string;
}

/** Of an item's 400 KB. */
const INLINE_BYTES_MAX = 300 * 1024;
/** They never change, so they are read once while they are in use. */
const KEPT_MAX = 100;

/** Definitions by the hash of their content: `D#<hash>`. */
export class Definitions {
  readonly #table: ItemTable;
  readonly #payloads: PayloadStore;
  readonly #kept = new Map<string, WorkflowDefinition>();

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
    await this.#table.insert({ ...keyOf(hash), createdMs: nowMs, ...where });
    this.#keep(hash, definition);
  }

  /** Errors: `PayloadCorrupt`. */
  async get(hash: string): Promise<WorkflowDefinition | undefined> {
    const known = this.#kept.get(hash);
    if (known) return known;
    const item = await this.#table.get<DefinitionItem>(keyOf(hash));
    if (!item) return undefined;
    const definition = await this.#read(item);
    this.#keep(hash, definition);
    return definition;
  }

  async #read({ pk, packed, ref }: DefinitionItem): Promise<WorkflowDefinition> {
    if (packed !== undefined) return parsePacked<WorkflowDefinition>(packed);
    const bytes = await this.#payloads.get(ref!);
    if (bytes) return JSON.parse(new TextDecoder().decode(bytes)) as WorkflowDefinition;
    throw new PayloadCorrupt(
      `The definition ${pk} is kept as ${ref}, which is gone.`,
      'Restore the objects of the payload bucket, or submit the workflow again.',
    );
  }

  #keep(hash: string, definition: WorkflowDefinition): void {
    this.#kept.delete(hash);
    this.#kept.set(hash, definition);
    if (this.#kept.size > KEPT_MAX) this.#kept.delete(this.#kept.keys().next().value!);
  }
}

const keyOf = (hash: string): Key => ({ pk: `D#${hash}`, sk: 'D' });
