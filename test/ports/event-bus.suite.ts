/** What every `EventBus` keeps to. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HoldfastEvent } from '../../core/event/event.ts';
import type { EventBus } from '../../core/ports/event-bus.ts';

/** A bus, and somebody outside who listens. */
export interface BusUnderTest {
  bus: EventBus;
  /** The events of an execution that came so far, once there are `count` different ones. */
  heard(executionId: string, count: number): Promise<HoldfastEvent[]>;
  close(): Promise<void>;
}

const event = (executionId: string, seq: number, more: Partial<HoldfastEvent> = {}): HoldfastEvent => ({
  executionId,
  seq,
  atMs: 1_700_000_000_000 + seq,
  type: 'execution.started',
  ...more,
});

export function eventBusSuite(name: string, open: () => Promise<BusUnderTest>): void {
  describe(`${name} as EventBus`, () => {
    let under: BusUnderTest;
    beforeAll(async () => {
      under = await open();
    });
    afterAll(() => under.close());

    it('tells an event as it is', async () => {
      const failed = event('ex_1', 1, {
        type: 'execution.failed',
        data: { error: 'TaskFailed', cause: 'é "quoted"', list: [1, null] },
      });
      await under.bus.publish([failed]);
      expect(await under.heard('ex_1', 1)).toEqual([failed]);
    });

    it('tells any number of them', async () => {
      const all = Array.from({ length: 25 }, (_, n) => event('ex_2', n + 1));
      await under.bus.publish(all);
      const heard = await under.heard('ex_2', all.length);
      expect(heard.toSorted((one, other) => one.seq - other.seq)).toEqual(all);
    });

    it('tells nothing for nothing', async () => {
      await expect(under.bus.publish([])).resolves.toBeUndefined();
    });

    it('tells of an event that is too large for it all but its data', async () => {
      const large = event('ex_3', 1, { data: { text: 'x'.repeat(2 * 1024 * 1024) } });
      await under.bus.publish([event('ex_3', 2), large]);
      const heard = await under.heard('ex_3', 2);
      const { data: _, ...bare } = large;
      expect(heard.find(({ seq }) => seq === 1)).toMatchObject(bare);
    });
  });
}
