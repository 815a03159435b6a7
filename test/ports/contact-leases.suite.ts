/** What every `ContactLeases` keeps to. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Clock } from '../../core/ports/clock.ts';
import type { ContactLeases } from '../../core/ports/contact-leases.ts';

export interface LeasesUnderTest {
  leases: ContactLeases;
  close(): Promise<void>;
}

let links = 0;

export function contactLeasesSuite(
  name: string,
  open: (clock: Pick<Clock, 'now'>) => Promise<LeasesUnderTest>,
): void {
  describe(`${name} as ContactLeases`, () => {
    let nowMs = 1_000_000;
    let under: LeasesUnderTest;
    beforeAll(async () => {
      under = await open({ now: () => nowMs });
    });
    afterAll(() => under.close());
    const newLink = () => ({ link: `link-${++links}`, to: 'edge' });

    it('gives a link to one at a time, and each link to another', async () => {
      const [one, other] = [newLink(), newLink()];
      const lease = await under.leases.take(one, nowMs + 1000);
      expect(lease).toBeDefined();
      expect(await under.leases.take(one, nowMs + 1000)).toBeUndefined();
      expect(await under.leases.take(other, nowMs + 1000)).toBeDefined();
    });

    it('gives it to one of many who ask at once', async () => {
      const link = newLink();
      const all = Array.from({ length: 8 }, () => under.leases.take(link, nowMs + 1000));
      expect((await Promise.all(all)).filter((lease) => lease !== undefined)).toHaveLength(1);
    });

    it('tells whoever gives it back that somebody asked meanwhile, until nobody has', async () => {
      const link = newLink();
      const lease = (await under.leases.take(link, nowMs + 1000))!;
      expect(await under.leases.ask(link)).toBe(true);
      expect(await under.leases.take(link, nowMs + 1000)).toBeUndefined();
      const again = (await under.leases.giveBack(link, lease))!;
      expect(again.holder).toBe(lease.holder);
      expect(await under.leases.giveBack(link, again)).toBeUndefined();
      expect(await under.leases.ask(link)).toBe(false);
    });

    it('lasts longer for whoever has it and renews it, and for nobody else', async () => {
      const link = newLink();
      const lease = (await under.leases.take(link, nowMs + 1000))!;
      expect(await under.leases.renew(link, lease, nowMs + 5000)).toBe(true);
      expect(await under.leases.renew(link, { ...lease, holder: 'nobody' }, nowMs + 9000)).toBe(false);
      nowMs += 4000;
      expect(await under.leases.take(link, nowMs + 1000)).toBeUndefined();
      nowMs += 1000;
      const next = (await under.leases.take(link, nowMs + 1000))!;
      expect(await under.leases.renew(link, lease, nowMs + 9000)).toBe(false);
      expect(await under.leases.giveBack(link, next)).toBeUndefined();
      expect(await under.leases.renew(link, next, nowMs + 9000)).toBe(false);
    });

    it('tells whether somebody has it, left it or gave it back', async () => {
      const link = newLink();
      const lease = (await under.leases.take(link, nowMs + 1000))!;
      const stateOf = () => under.leases.stateOf(link, lease.holder);
      expect(await stateOf()).toBe('held');
      expect(await under.leases.stateOf(link, 'nobody')).toBe('gone');
      nowMs += 1000;
      expect(await stateOf()).toBe('left');
      const next = (await under.leases.take(link, nowMs + 1000))!;
      expect([await stateOf(), await under.leases.stateOf(link, next.holder)]).toEqual(['gone', 'held']);
      await under.leases.giveBack(link, next);
      expect(await under.leases.stateOf(link, next.holder)).toBe('gone');
    });

    it('ends by itself, and then is no more of whoever had it', async () => {
      const link = newLink();
      const lease = (await under.leases.take(link, nowMs + 1000))!;
      nowMs += 1000;
      expect(await under.leases.ask(link)).toBe(false);
      const next = (await under.leases.take(link, nowMs + 1000))!;
      expect(next.holder).not.toBe(lease.holder);
      expect(await under.leases.giveBack(link, lease)).toBeUndefined();
      expect(await under.leases.ask(link)).toBe(true);
    });
  });
}
