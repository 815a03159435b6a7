/**
 * What is remembered of the channels to each neighbour: an item each, `NET`/`F#<node>`, with an attribute for each kind of switch
 * that counts it, such as `failover_primary_satellite`.
 */
import type { FailoverMemory } from '../../core/failover/failover.ts';
import type { Channel } from '../../core/node/node.ts';
import type {
  FailoverMemories,
  KeptMemory,
  Switch,
  SwitchCount,
} from '../../core/ports/failover-memories.ts';
import type { ItemTable, Key } from './item-table.ts';
import { MEMORY, memoryKey } from './network-keys.ts';

interface MemoryItem extends Key {
  version: number;
  memory: string;
}

export class DynamoFailoverMemories implements FailoverMemories {
  readonly #table: ItemTable;

  constructor(table: ItemTable) {
    this.#table = table;
  }

  async get(to: string): Promise<KeptMemory | undefined> {
    const item = await this.#table.get<MemoryItem>(memoryKey(to));
    return item && { version: item.version, memory: JSON.parse(item.memory) as FailoverMemory };
  }

  async put(
    to: string,
    memory: FailoverMemory,
    switches: readonly Switch[],
    version: number,
  ): Promise<number | undefined> {
    const counts: Record<string, number> = {};
    for (const one of switches) counts[nameOf(one)] = (counts[nameOf(one)] ?? 0) + 1;
    const { applied } = await this.#table.update({
      key: memoryKey(to),
      set: { version: version + 1, memory: JSON.stringify(memory) },
      add: counts,
      only:
        version === 0
          ? { that: 'attribute_not_exists(#pk)' }
          : { that: '#version = :standing', values: { standing: version } },
    });
    return applied ? version + 1 : undefined;
  }

  /** To all nodes. */
  async switches(): Promise<SwitchCount[]> {
    const { pk, sk } = memoryKey('');
    const items = await this.#table.query<Key & Record<string, unknown>>({
      pk,
      that: 'begins_with(#sk, :memories)',
      values: { memories: sk },
    });
    return items.flatMap((item) =>
      Object.entries(item).flatMap(([name, count]) => {
        const found = switchIn(name);
        return found ? [{ node: item.sk.slice(MEMORY.length), ...found, count: Number(count) }] : [];
      }),
    );
  }
}

const nameOf = ({ kind, from, to }: Switch): string => `${kind}_${from}_${to}`;

function switchIn(name: string): Switch | undefined {
  const [kind, from, to] = name.split('_');
  if (kind !== 'failover' && kind !== 'return') return undefined;
  return { kind, from: from as Channel, to: to as Channel };
}
