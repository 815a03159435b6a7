/** A partition of the table takes 1,000 write units a second: more at once would only be turned away. */
export const WRITES_AT_ONCE = 10;

/** Calls `work` for every item, at most `atOnce` at a time; the first error is thrown when those under way have ended. */
export async function eachOf<Item>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item, at: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  let failed = false;
  async function lane(): Promise<void> {
    while (next < items.length && !failed) {
      const at = next++;
      try {
        await work(items[at]!, at);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  }
  const lanes = Array.from({ length: Math.min(atOnce, items.length) }, lane);
  const ended = await Promise.allSettled(lanes);
  for (const lane of ended) if (lane.status === 'rejected') throw lane.reason;
}
