import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lastMark, levelsOf, openGates, pathOf, WIDTH } from '../../../adapters/aws/gates.ts';

/** Lets the parents of these places end in this order; gives the marks that reach the child, and the writes of each gate. */
function walk(parents: number, places: readonly number[], heard: readonly number[]) {
  const left = new Map(openGates(parents, heard).map((gate) => [gate.name, gate.left]));
  const marks = new Map<string, Set<number>>();
  const reached: number[] = [];
  let writesMax = 0;
  for (const place of places) {
    let through = true;
    for (const { name, mark } of pathOf(parents, place)) {
      const told = marks.get(name) ?? new Set();
      marks.set(name, told);
      expect(told.has(mark)).toBe(false);
      told.add(mark);
      writesMax = Math.max(writesMax, told.size);
      left.set(name, left.get(name)! - 1);
      through = left.get(name) === 0;
      if (!through) break;
    }
    if (through) reached.push(lastMark(parents, place));
  }
  return { reached, writesMax, left: [...left.values()] };
}

describe('Gates', () => {
  it('are none for few parents, and as many levels as it takes for more', () => {
    expect(levelsOf(WIDTH)).toEqual([]);
    expect(levelsOf(WIDTH + 1)).toEqual([2]);
    expect(levelsOf(1000)).toEqual([20]);
    expect(levelsOf(10_000)).toEqual([200, 4]);
  });

  it('let everything through in the end, whoever comes when and has come before, and are never written often', () => {
    const cases = fc.integer({ min: WIDTH + 1, max: 6000 }).chain((parents) =>
      fc.record({
        parents: fc.constant(parents),
        heard: fc.uniqueArray(fc.nat(parents - 1), { maxLength: parents }),
        seed: fc.nat(),
      }),
    );
    fc.assert(
      fc.property(cases, ({ parents, heard, seed }) => {
        const gone = new Set(heard);
        const places = Array.from({ length: parents }, (_, place) => place).filter(
          (place) => !gone.has(place),
        );
        // Some order that isn't theirs.
        places.sort((a, b) => ((a * 7919 + seed) % 6007) - ((b * 7919 + seed) % 6007));
        const { reached, writesMax, left } = walk(parents, places, heard);
        expect(left.every((count) => count === 0)).toBe(true);
        expect(new Set(reached).size).toBe(reached.length);
        expect(reached.length).toBeLessThanOrEqual(WIDTH);
        expect(writesMax).toBeLessThanOrEqual(WIDTH);
        if (places.length > 0) expect(reached.length).toBeGreaterThan(0);
      }),
      { numRuns: 50 },
    );
  });
});
