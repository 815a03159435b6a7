import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Deadlines } from '../../../embedded/asl/deadlines.ts';
import { VirtualClock } from '../virtual-clock.ts';

describe('deadlines', () => {
  it('fire in time and in order, except for those that were called off', async () => {
    const plan = fc.array(fc.record({ afterMs: fc.nat(100), calledOff: fc.boolean() }), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(plan, async (entries) => {
        const clock = new VirtualClock(0);
        const fired: number[] = [];
        const undo = entries.map(({ afterMs }) =>
          Deadlines.of(clock).at(afterMs, () => {
            expect(clock.now()).toBe(afterMs);
            fired.push(afterMs);
          }),
        );
        entries.forEach(({ calledOff }, index) => calledOff && undo[index]!());
        await clock.drive(clock.sleep(200));
        const expected = entries.filter(({ calledOff }) => !calledOff).map(({ afterMs }) => afterMs);
        expect(fired).toEqual(expected.toSorted((a, b) => a - b));
      }),
      { numRuns: 50 },
    );
  });

  it('leave no sleep behind when the last is called off', async () => {
    const clock = new VirtualClock(0);
    Deadlines.of(clock).at(1000, () => undefined)();
    await expect(clock.drive(new Promise(() => undefined))).rejects.toThrow('nothing is left to wait for');
    expect(clock.now()).toBe(0);
  });
});
