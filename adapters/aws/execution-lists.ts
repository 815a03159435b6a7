/** Finds executions, newest first. The indexes lag behind the table a little, so what they name is looked at again. */
import type { ExecutionFilter } from '../../core/ports/execution-store.ts';
import type { ExecutionItem } from './execution-items.ts';
import type { ItemTable, Key, QueryRequest } from './item-table.ts';
import { childrenPk, isMixedList, listPks, metaKey } from './keys.ts';

interface Listed extends Key {
  order: string;
}

/** An index, its key there, and what can be filtered before it is read. */
interface Source {
  index: { name: string; partitionKey: string };
  pk: string;
  /** Has the attributes that lists are filtered by; `isMixed`: executions of several statuses. */
  list?: { isMixed: boolean };
}

const LOADED_AT_ONCE = 100;
/** Entries have about 200 bytes. */
const FILTERED_AT_ONCE = 500;

export class ExecutionLists {
  readonly #table: ItemTable;

  constructor(table: ItemTable) {
    this.#table = table;
  }

  async find(filter: ExecutionFilter): Promise<ExecutionItem[]> {
    const { beforeId, limit } = filter;
    let before: string | undefined;
    if (beforeId !== undefined) {
      before = (await this.#table.get<ExecutionItem>(metaKey(beforeId)))?.order;
      if (before === undefined) return [];
    }
    const found: ExecutionItem[] = [];
    const page: Key[] = [];
    for await (const key of this.#merged(filter, before)) {
      page.push({ pk: key.pk, sk: key.sk });
      if (page.length < Math.min(LOADED_AT_ONCE, limit - found.length)) continue;
      found.push(...(await this.#load(page.splice(0), filter)));
      if (found.length >= limit) return found;
    }
    return [...found, ...(await this.#load(page, filter))];
  }

  async #load(keys: Key[], filter: ExecutionFilter): Promise<ExecutionItem[]> {
    const items = await this.#table.getAll<ExecutionItem>(keys);
    return items.filter((item) => matches(item, filter)).sort((a, b) => (a.order > b.order ? -1 : 1));
  }

  /** Several sources, each in order, as one in order. */
  async *#merged(filter: ExecutionFilter, before: string | undefined): AsyncGenerator<Listed> {
    const limit = Number.isFinite(filter.limit) ? filter.limit : undefined;
    const streams = sourcesOf(filter).map((source) => entries(this.#table, source, filter, before, limit));
    const heads = await Promise.all(streams.map((stream) => stream.next()));
    // One that changes lists meanwhile is in both.
    const seen = new Set<string>();
    for (;;) {
      let newest = -1;
      for (const [at, { done, value }] of heads.entries()) {
        if (!done && (newest < 0 || value.order > heads[newest]!.value.order)) newest = at;
      }
      if (newest < 0) return;
      const entry = heads[newest]!.value as Listed;
      if (!seen.has(entry.pk)) yield entry;
      seen.add(entry.pk);
      heads[newest] = await streams[newest]!.next();
    }
  }
}

function sourcesOf({ correlationId, parentId, statuses }: ExecutionFilter): Source[] {
  if (correlationId !== undefined)
    return [{ index: { name: 'correlated', partitionKey: 'correlation' }, pk: correlationId }];
  if (parentId !== undefined)
    return [{ index: { name: 'related', partitionKey: 'related' }, pk: childrenPk(parentId) }];
  const index = { name: 'listed', partitionKey: 'list' };
  return listPks(statuses).map((pk) => ({ index, pk, list: { isMixed: isMixedList(pk) } }));
}

/** The entries of one source, read as they are asked for. */
async function* entries(
  table: ItemTable,
  { index, pk, list }: Source,
  { statuses, workflow, kind }: ExecutionFilter,
  before: string | undefined,
  limit: number | undefined,
): AsyncGenerator<Listed> {
  const filters: string[] = [];
  const values: Record<string, string> = {};
  const narrow = (that: string, given: Record<string, string>) => {
    filters.push(that);
    Object.assign(values, given);
  };
  if (list && workflow !== undefined) narrow('#workflow = :workflow', { workflow });
  if (list && kind !== undefined) narrow('#kind = :kind', { kind });
  if (list?.isMixed && statuses) {
    const named = statuses.map((status) => [`is_${status}`, status] as const);
    narrow(`#status IN (${named.map(([name]) => `:${name}`).join(', ')})`, Object.fromEntries(named));
  }
  const request: QueryRequest = {
    pk,
    index,
    backwards: true,
    pageSize: filters.length > 0 ? FILTERED_AT_ONCE : limit,
    filter: filters.length > 0 ? filters.join(' AND ') : undefined,
    ...(before === undefined ? { values } : { that: '#order < :before', values: { ...values, before } }),
  };
  for await (const page of table.pages<Listed>(request)) yield* page;
}

function matches(item: ExecutionItem, filter: ExecutionFilter): boolean {
  const { statuses, workflow, kind, parentId, correlationId } = filter;
  return (
    (!statuses || statuses.includes(item.status)) &&
    (workflow === undefined || item.workflow === workflow) &&
    (kind === undefined || item.kind === kind) &&
    (parentId === undefined || item.parent?.executionId === parentId) &&
    (correlationId === undefined || item.correlation === correlationId)
  );
}
