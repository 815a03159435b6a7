/**
 * Gates spread the ends of many parents over many items. A task with more than `WIDTH` parents isn't told of each: every
 * `WIDTH` of them meet at a gate, and the last one to come through tells the next level, so that no item is written more than
 * `WIDTH` times. Levels are added until the last has at most `WIDTH` gates.
 */
export const WIDTH = 50;

/** Gates of each level, from the parents on; none where the task is told by the parents themselves. */
export function levelsOf(parents: number): number[] {
  const levels: number[] = [];
  for (let count = parents; count > WIDTH; ) {
    count = Math.ceil(count / WIDTH);
    levels.push(count);
  }
  return levels;
}

/** The gates that the end of the parent at `place` may go through, from the parents on. */
export function pathOf(parents: number, place: number): Gate[] {
  let below = place;
  return levelsOf(parents).map((_, level) => {
    const n = Math.floor(below / WIDTH);
    const gate = { name: gateName(level, n), mark: below };
    below = n;
    return gate;
  });
}

export interface Gate {
  name: string;
  /** What comes through it is told by this: the place of a parent, the number of a gate. */
  mark: number;
}

/** Under which number the parent, or the last gate on its way, is known to the task itself. */
export function lastMark(parents: number, place: number): number {
  return levelsOf(parents).reduce((below) => Math.floor(below / WIDTH), place);
}

/** How many are still to come through each gate, for those that any is. */
export function openGates(parents: number, heard: readonly number[] = []): { name: string; left: number }[] {
  const gone = new Set(heard);
  let below: number[] = [];
  for (let place = 0; place < parents; place++) if (!gone.has(place)) below.push(place);
  return levelsOf(parents).flatMap((_, level) => {
    const left = new Map<number, number>();
    for (const one of below) {
      const n = Math.floor(one / WIDTH);
      left.set(n, (left.get(n) ?? 0) + 1);
    }
    below = [...left.keys()];
    return [...left].map(([n, count]) => ({ name: gateName(level, n), left: count }));
  });
}

const gateName = (level: number, n: number): string => `${level}.${n}`;
