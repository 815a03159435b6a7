import type { Clock } from '../../core/ports/clock.ts';
import type { Random } from '../../core/ports/random.ts';

export interface Pauses {
  clock: Pick<Clock, 'sleep'>;
  random: Random;
}

/** With the pauses below, two seconds on average, six at most. */
export const TRIES_MAX = 7;
const PAUSE_MS_FIRST = 100;

/** Sleeps before the try after `tried` ones: doubling, with full jitter. */
export const pause = (tried: number, { clock, random }: Pauses): Promise<void> =>
  clock.sleep(random.next() * PAUSE_MS_FIRST * 2 ** (tried - 1));

/**
 * Hands items to a service that may take some of a batch and turn others away: `send` answers with those it did not take, which
 * are sent again. Resolves to those that were not taken in the end.
 */
export async function sendUntilTaken<Item>(
  items: readonly Item[],
  send: (items: readonly Item[]) => Promise<Item[]>,
  pauses: Pauses,
): Promise<readonly Item[]> {
  let left = items;
  for (let tried = 1; ; tried++) {
    left = await send(left);
    if (left.length === 0 || tried === TRIES_MAX) return left;
    await pause(tried, pauses);
  }
}

/** Runs of `items`, in order, each of at most `countMax` that weigh at most `bytesMax` together; one that is heavier is alone. */
export function batches<Item>(
  items: readonly Item[],
  sizeBytes: (item: Item) => number,
  { countMax, bytesMax }: { countMax: number; bytesMax: number },
): Item[][] {
  const made: Item[][] = [];
  let bytes = Infinity;
  for (const item of items) {
    const size = sizeBytes(item);
    const last = made.at(-1);
    if (last && last.length < countMax && bytes + size <= bytesMax) {
      last.push(item);
      bytes += size;
    } else {
      made.push([item]);
      bytes = size;
    }
  }
  return made;
}
