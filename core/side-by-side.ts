/** Calls that a host has under way at once, for one caller: enough to hide their latency, few enough not to flood it. */
const AT_ONCE_MAX = 64;

/** Does one thing for each item, many at once, begun in their order. Rejects with the first failure, once those under way have ended. */
export async function sideBySide<Item>(
  items: readonly Item[],
  one: (item: Item) => Promise<unknown>,
): Promise<void> {
  for (let from = 0; from < items.length; from += AT_ONCE_MAX) {
    const results = await Promise.allSettled(items.slice(from, from + AT_ONCE_MAX).map(one));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason as Error;
  }
}
