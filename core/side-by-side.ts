/** Calls that a host has under way at once, for one caller: enough to hide their latency, few enough not to flood it. */
const AT_ONCE_MAX = 64;

/** `eachOf`, with as many at once as a host takes well. */
export const sideBySide = <Item>(
  items: readonly Item[],
  one: (item: Item) => Promise<unknown>,
): Promise<void> => eachOf(items, AT_ONCE_MAX, one);

/**
 * Does one thing for each item, at most `atOnce` at a time, begun in their order. After a failure it begins no more, and
 * rejects with the first one when those under way have ended.
 */
export async function eachOf<Item>(
  items: readonly Item[],
  atOnce: number,
  one: (item: Item, at: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const failures: unknown[] = [];
  async function lane(): Promise<void> {
    while (next < items.length && failures.length === 0) {
      const at = next++;
      try {
        await one(items[at]!, at);
      } catch (error) {
        failures.push(error);
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, lane));
  if (failures.length > 0) throw failures[0];
}
