/**
 * Parts of bundles in the table until they are whole, each under its bundle's `CHUNKS#<hash>`: `P#<index>` holds a part, `HAVE` which
 * there are. Bundles that fit into one frame, which are most, touch no table.
 *
 * **What it costs**: a part of 125 KB is 125 write units, as many to delete and 32 read units: $0.32 a thousand, whereas IoT Core takes
 * $0.03 for its messages of 5 KB.
 */
import { checkedChunk, joinedChunks } from '../../core/node/chunks.ts';
import { hashBytes } from '../../core/hash.ts';
import type { ChunkFrame } from '../../core/node/frames.ts';
import type { Chunks } from '../../core/ports/chunks.ts';
import type { Clock } from '../../core/ports/clock.ts';
import { eachOf } from '../../core/side-by-side.ts';
import type { ItemTable, Key } from './item-table.ts';
import { WRITES_AT_ONCE } from './table.ts';

/** DynamoDB deletes what nothing more came of. */
const PATIENCE_MS = 15 * 60_000;

interface PartItem extends Key {
  index: number;
  data: Uint8Array;
}

interface HaveItem extends Key {
  indexes: ReadonlySet<number>;
}

export class DynamoChunks implements Chunks {
  readonly #table: ItemTable;
  readonly #clock: Pick<Clock, 'now'>;

  constructor(table: ItemTable, clock: Pick<Clock, 'now'>) {
    this.#table = table;
    this.#clock = clock;
  }

  async add(neighbour: string, channel: string, chunk: ChunkFrame): Promise<Uint8Array | undefined> {
    const count = checkedChunk(chunk);
    if (count === 1) return joinedChunks(chunk, new Map([[0, chunk.data]]));
    const pk = partitionOf(neighbour, channel, chunk);
    const { index, data } = chunk;
    const expires = Math.ceil((this.#clock.now() + PATIENCE_MS) / 1000);
    await this.#table.put({ pk, sk: partSk(index), index, data, expires });
    const { item } = await this.#table.update<HaveItem>({
      key: { pk, sk: 'HAVE' },
      add: { indexes: new Set([index]) },
      set: { expires },
    });
    if (item!.indexes.size < count) return undefined;
    const parts = await this.#table.query<PartItem>({
      pk,
      that: 'begins_with(#sk, :parts)',
      values: { parts: PART },
      consistent: true,
    });
    // Somebody else put them together, and took them away.
    if (parts.length < count) return undefined;
    await eachOf([...parts.map(({ sk }) => sk), 'HAVE'], WRITES_AT_ONCE, async (sk) => {
      await this.#table.delete({ pk, sk });
    });
    return joinedChunks(chunk, new Map(parts.map((part) => [part.index, part.data])));
  }
}

const PART = 'P#';
const partSk = (index: number): string => `${PART}${String(index).padStart(5, '0')}`;

function partitionOf(
  neighbour: string,
  channel: string,
  { bundleId, totalBytes, crc, chunkBytes }: ChunkFrame,
): string {
  const parts = [neighbour, channel, bundleId, totalBytes, crc, chunkBytes];
  return `CHUNKS#${hashBytes(new TextEncoder().encode(JSON.stringify(parts)))}`;
}
