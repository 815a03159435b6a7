/** What every `Subscriptions` keeps to. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Clock } from '../../core/ports/clock.ts';
import { SENDING_MS, type StoredSubscription, type Subscriptions } from '../../core/ports/subscriptions.ts';

const ADA = { subject: 'ada', expiresMs: 2_000_000_000_000 };

const subscription = (changes: Partial<StoredSubscription> = {}): StoredSubscription => ({
  connectionId: 'c1',
  id: 's',
  executionId: 'ex_1',
  types: undefined,
  batch: undefined,
  sent: 0,
  principal: ADA,
  ...changes,
});
const refOf = ({ connectionId, id }: StoredSubscription) => ({ connectionId, id });

export function subscriptionsSuite(
  name: string,
  open: (clock: Pick<Clock, 'now'>) => Promise<Subscriptions> | Subscriptions,
): void {
  describe(`${name} as Subscriptions`, () => {
    let nowMs: number;
    let subscriptions: Subscriptions;
    beforeEach(async () => {
      nowMs = Date.UTC(2026, 10, 21);
      subscriptions = await open({ now: () => nowMs });
    });
    /** Kept, and held by nobody. */
    const kept = async (changes: Partial<StoredSubscription> = {}) => {
      const all = subscription(changes);
      expect(await subscriptions.add(all, 'first')).toBe(true);
      expect(await subscriptions.release(all, 'first', all.sent)).toBe(true);
      return all;
    };

    it('keeps who a connection is, with what it subscribed to', async () => {
      await subscriptions.connect('c1', ADA);
      await subscriptions.connect('c2', { subject: 'bob' });
      const one = await kept({ types: ['task.failed'], batch: true, sent: 7 });
      const all = await kept({ id: 'all', executionId: undefined });
      await kept({ connectionId: 'c2' });
      const found = await subscriptions.connection('c1');
      expect(found?.principal).toEqual(ADA);
      const byId = Object.groupBy(found!.subscriptions, ({ id }) => id);
      expect(byId).toEqual({ s: [{ ...one, abandoned: false }], all: [{ ...all, abandoned: false }] });
      expect((await subscriptions.connection('c2'))?.principal).toEqual({ subject: 'bob' });
      expect(await subscriptions.connection('c3')).toBeUndefined();
    });

    it('finds who wants to hear of an execution, and who of all', async () => {
      await kept({ types: ['task.failed'] });
      await kept({ connectionId: 'c2' });
      await kept({ connectionId: 'c2', id: 'all', executionId: undefined });
      await kept({ connectionId: 'c3', executionId: 'ex_2' });
      const sorted = async (executionId: string | undefined) =>
        (await subscriptions.to(executionId)).sort((a, b) => (a.connectionId < b.connectionId ? -1 : 1));
      expect(await sorted('ex_1')).toEqual([
        { connectionId: 'c1', id: 's', types: ['task.failed'] },
        { connectionId: 'c2', id: 's', types: undefined },
      ]);
      expect(await sorted(undefined)).toEqual([{ connectionId: 'c2', id: 'all', types: undefined }]);
      expect(await sorted('ex_9')).toEqual([]);
    });

    it('takes any text for an id, and tells them apart', async () => {
      const ids = ['a#b', '#', 'ä', ' ', 'a/b', 'C', '1'];
      for (const id of ids) await kept({ id });
      const found = await subscriptions.to('ex_1');
      expect(found.map(({ id }) => id).sort()).toEqual(ids.toSorted());
      await subscriptions.connect('c1', ADA);
      expect((await subscriptions.connection('c1'))?.subscriptions).toHaveLength(ids.length);
    });

    it('keeps one subscription of an id', async () => {
      await kept();
      expect(await subscriptions.add(subscription({ executionId: 'ex_2', sent: 9 }), 'second')).toBe(false);
      expect(await subscriptions.to('ex_2')).toEqual([]);
      const adds = await Promise.all(
        Array.from({ length: 5 }, (_, at) => subscriptions.add(subscription({ id: 'new' }), `add-${at}`)),
      );
      expect(adds.filter(Boolean)).toHaveLength(1);
    });

    it('forgets a connection with all it had, also one it never knew', async () => {
      await subscriptions.connect('c1', ADA);
      const one = await kept();
      await kept({ id: 'all', executionId: undefined });
      const other = await kept({ connectionId: 'c2' });
      await subscriptions.disconnect('c1');
      await subscriptions.disconnect('c1');
      await subscriptions.disconnect('c9');
      expect(await subscriptions.connection('c1')).toBeUndefined();
      expect(await subscriptions.to('ex_1')).toEqual([{ ...refOf(other), types: undefined }]);
      expect(await subscriptions.to(undefined)).toEqual([]);
      expect(await subscriptions.hold(refOf(one), 'x')).toBeUndefined();
    });

    it('is held by one sender at a time, from the beginning', async () => {
      const ref = refOf(subscription());
      await subscriptions.add(subscription({ sent: 3 }), 'first');
      expect(await subscriptions.hold(ref, 'second')).toBeUndefined();
      expect(await subscriptions.release(ref, 'second', 99)).toBe(false);
      expect(await subscriptions.release(ref, 'first', 5)).toBe(true);
      const answers = await Promise.all(
        Array.from({ length: 5 }, (_, at) => subscriptions.hold(ref, `sender-${at}`)),
      );
      expect(answers.filter((answer) => answer !== undefined)).toEqual([subscription({ sent: 5 })]);
    });

    it('is held for as long as its sender goes on', async () => {
      const ref = refOf(await kept());
      await subscriptions.hold(ref, 'slow');
      nowMs += SENDING_MS - 1;
      expect(await subscriptions.advance(ref, 'slow', 4)).toBe(true);
      nowMs += SENDING_MS - 1;
      expect(await subscriptions.hold(ref, 'other')).toBeUndefined();
      expect(await subscriptions.release(ref, 'slow', 6)).toBe(true);
      expect(await subscriptions.hold(ref, 'other')).toMatchObject({ sent: 6 });
      expect(await subscriptions.advance(ref, 'slow', 1)).toBe(false);
      expect(await subscriptions.release(ref, 'slow', 1)).toBe(false);
    });

    it('is abandoned when its sender is not heard of, and stays so', async () => {
      await subscriptions.connect('c1', ADA);
      const ref = refOf(await kept());
      await subscriptions.hold(ref, 'dead');
      expect((await subscriptions.connection('c1'))?.subscriptions[0]?.abandoned).toBe(false);
      nowMs += SENDING_MS;
      for (let twice = 0; twice < 2; twice++)
        expect(await subscriptions.hold(ref, 'other')).toBe('abandoned');
      expect((await subscriptions.connection('c1'))?.subscriptions[0]?.abandoned).toBe(true);
    });

    it('is removed once nobody sends, who is told to stop', async () => {
      const ref = refOf(await kept());
      await subscriptions.hold(ref, 'sender');
      expect(await subscriptions.remove(ref)).toBe('held');
      expect(await subscriptions.advance(ref, 'sender', 2)).toBe(false);
      expect(await subscriptions.release(ref, 'sender', 2)).toBe(true);
      expect(await subscriptions.hold(ref, 'other')).toBeUndefined();
      expect(await subscriptions.remove(ref)).toBe('removed');
      expect(await subscriptions.remove(ref)).toBe('missing');
      expect(await subscriptions.to('ex_1')).toEqual([]);
      expect(await subscriptions.release(ref, 'sender', 2)).toBe(false);
      await kept({ sent: 8 });
    });

    it('is removed from under a sender that died', async () => {
      const ref = refOf(await kept());
      await subscriptions.hold(ref, 'dead');
      nowMs += SENDING_MS;
      expect(await subscriptions.remove(ref)).toBe('removed');
      expect(await subscriptions.to('ex_1')).toEqual([]);
    });

    it('finds more subscriptions than fit into one page of a megabyte', async () => {
      const types = Array.from({ length: 100 }, (_, at) => `${at}`.padEnd(100, 'x'));
      for (let at = 0; at < 120; at++)
        await subscriptions.add(subscription({ connectionId: `c${at}`, types }), 'first');
      expect(await subscriptions.to('ex_1')).toHaveLength(120);
    });
  });
}
