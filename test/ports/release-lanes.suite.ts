/** What every `ReleaseLanes` keeps to. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Lane, Released, ReleaseLanes } from '../../core/ports/release-lanes.ts';
import { PRECEDENCES } from '../../core/satellite/precedence.ts';
import { LANE, released, T0 } from './custody-fixtures.ts';

export interface OpenedLanes {
  lanes: ReleaseLanes;
  /** Lets the time that something is held for pass. */
  pass(ms: number): Promise<void> | void;
  close(): Promise<void> | void;
}

const HOLD_MS = 30_000;

export const idsOf = (taken: readonly Released[]): string[] => taken.map(({ bundleId }) => bundleId);

/** Takes, and is done with, everything that comes. */
export async function drain(lanes: ReleaseLanes, lane: Lane = LANE): Promise<string[]> {
  const came: string[] = [];
  for (;;) {
    const taken = await lanes.take(lane, 10, HOLD_MS);
    if (taken.length === 0) return came;
    came.push(...idsOf(taken));
    await lanes.done(lane, taken);
  }
}

/** `open` gives empty ones each time. `holdMs`: the shortest hold that the service can tell from none. */
export function releaseLanesSuite(
  name: string,
  open: () => Promise<OpenedLanes> | OpenedLanes,
  { holdMs = 1000 }: { holdMs?: number } = {},
): void {
  describe(`${name} as ReleaseLanes`, () => {
    let lanes: ReleaseLanes;
    let opened: OpenedLanes;
    beforeEach(async () => {
      opened = await open();
      lanes = opened.lanes;
      return () => opened.close();
    });

    const put = (...ids: string[]) =>
      lanes.put(
        LANE,
        ids.map((id) => released(id)),
      );

    it('is empty where nothing was put', async () => {
      expect(await lanes.take(LANE, 10, HOLD_MS)).toEqual([]);
      expect(await lanes.depth(LANE)).toBe(0);
      await lanes.put(LANE, []);
      await lanes.done(LANE, []);
      await lanes.giveBack(LANE, []);
      await lanes.close(LANE);
      expect(await lanes.take(LANE, 10, HOLD_MS)).toEqual([]);
    });

    it('gives what was put, as it was put', async () => {
      const odd = released('dtn://ünïted/work 853200000000 3', {
        attempt: 4,
        flow: 'a node, of 128 characters and more '.repeat(9),
        sizeBytes: 67_108_864,
        expiresMs: T0 + 0.5,
      });
      await lanes.put(LANE, [odd]);
      expect(await lanes.take(LANE, 10, HOLD_MS)).toEqual([{ ...odd, receipt: expect.any(String) }]);
    });

    it('gives a flow in the order in which it was put', async () => {
      const ids = Array.from({ length: 25 }, (_, at) => `b${at}`);
      await put(...ids.slice(0, 13));
      await put(...ids.slice(13));
      expect(await lanes.depth(LANE)).toBe(25);
      expect(await drain(lanes)).toEqual(ids);
      expect(await lanes.depth(LANE)).toBe(0);
    });

    it('gives no more than is asked for', async () => {
      await put('a', 'b', 'c');
      expect(idsOf(await lanes.take(LANE, 2, HOLD_MS))).toEqual(['a', 'b']);
    });

    it('hides what is taken, with what is behind it in its flow, and no other flow', async () => {
      const flows = { a: ['a1', 'a2'], b: ['b1', 'b2'] };
      for (const [flow, ids] of Object.entries(flows))
        await lanes.put(
          LANE,
          ids.map((id) => released(id, { flow })),
        );
      // Any flow may come first.
      const first = await lanes.take(LANE, 1, HOLD_MS);
      const [own, other] = first[0]!.flow === 'a' ? [flows.a, flows.b] : [flows.b, flows.a];
      expect(idsOf(first)).toEqual(own.slice(0, 1));
      expect(idsOf(await lanes.take(LANE, 10, HOLD_MS))).toEqual(other);
      expect(await lanes.take(LANE, 10, HOLD_MS)).toEqual([]);
      expect(await lanes.depth(LANE)).toBe(4);
      await lanes.done(LANE, first);
      expect(idsOf(await lanes.take(LANE, 10, HOLD_MS))).toEqual(own.slice(1));
    });

    it('gives again what was given back, before what is behind it', async () => {
      await put('a', 'b', 'c', 'd');
      const taken = await lanes.take(LANE, 3, HOLD_MS);
      await lanes.done(LANE, taken.slice(0, 1));
      await lanes.giveBack(LANE, taken.slice(1));
      expect(await drain(lanes)).toEqual(['b', 'c', 'd']);
    });

    it('gives again what is neither done nor given back', async () => {
      await put('a', 'b', 'c');
      const [a] = await lanes.take(LANE, 2, holdMs);
      await opened.pass(holdMs);
      const again = await lanes.take(LANE, 10, HOLD_MS);
      expect(idsOf(again)).toEqual(['a', 'b', 'c']);
      // Who was too late holds nothing any more.
      await lanes.giveBack(LANE, [a!]);
      expect(await lanes.take(LANE, 10, HOLD_MS)).toEqual([]);
      await lanes.done(LANE, again);
      expect(await lanes.depth(LANE)).toBe(0);
    });

    it('has an attempt once, however often it is put, and the next attempt as well', async () => {
      await put('a', 'b');
      await put('a');
      await Promise.all([put('b'), put('b')]);
      await lanes.put(LANE, [released('a', { attempt: 2 })]);
      const taken = await lanes.take(LANE, 10, HOLD_MS);
      expect(taken.map(({ bundleId, attempt }) => `${bundleId}/${attempt}`)).toEqual(['a/1', 'b/1', 'a/2']);
    });

    it('keeps the lanes of precedences and links apart', async () => {
      const own = PRECEDENCES.map((precedence): Lane => ({ ...LANE, precedence }));
      const others: Lane[] = [
        { ...LANE, link: 'leo-8' },
        { ...LANE, to: 'edge-2' },
      ];
      const all = [...own, ...others];
      for (const [at, lane] of all.entries()) await lanes.put(lane, [released('same'), released(`of ${at}`)]);
      for (const [at, lane] of all.entries()) expect(await drain(lanes, lane)).toEqual(['same', `of ${at}`]);
    });

    it('has nothing left of a contact that is over, and is there for the next', async () => {
      const flash: Lane = { ...LANE, precedence: 'flash' };
      await put('a', 'b');
      await lanes.put(flash, [released('urgent')]);
      const [held] = await lanes.take(LANE, 1, HOLD_MS);
      await lanes.close(LANE);
      for (const lane of [LANE, flash]) {
        expect(await lanes.depth(lane)).toBe(0);
        expect(await lanes.take(lane, 10, HOLD_MS)).toEqual([]);
      }
      await put('b', 'c');
      await lanes.done(LANE, [held!]);
      await lanes.giveBack(LANE, [held!]);
      expect(await drain(lanes)).toEqual(['b', 'c']);
      await lanes.close(LANE);
      await lanes.close(LANE);
    });
  });
}
