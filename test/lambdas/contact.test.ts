import { describe, expect, test } from 'vitest';
import { StoreUnavailable } from '../../core/errors.ts';
import { type Call, createContact } from '../../lambdas/contact/contact.ts';
import { contactLeasesSuite } from '../ports/contact-leases.suite.ts';
import { MemoryContactLeases } from '../ports/memory-contact-leases.ts';

const MINUTE_MS = 60_000;
const START_MS = 1_000_000;
const CONTACT: Call = { to: 'edge', link: 'pass', startMs: START_MS, endMs: START_MS + 10 * MINUTE_MS };
const OPENED = { ...CONTACT, isOpened: true };

type Drain = (stopMs: number) => Promise<boolean>;

function host(drain: Drain = async () => true) {
  const host = {
    nowMs: START_MS,
    opened: 0,
    drained: [] as number[],
    calls: [] as [Call, atMs: number][],
    warned: 0,
  };
  const clock = { now: () => host.nowMs };
  const leases = new MemoryContactLeases(clock);
  const contact = createContact({
    open: async ({ endMs }) => {
      host.opened++;
      return host.nowMs < endMs;
    },
    drain: async (_, stopMs) => {
      host.drained.push(stopMs);
      return drain(stopMs);
    },
    leases,
    call: async (...call) => void host.calls.push(call),
    clock,
    logger: { warn: () => void host.warned++ },
  });
  return Object.assign(host, { contact, leases });
}

contactLeasesSuite('MemoryContactLeases', async (clock) => ({
  leases: new MemoryContactLeases(clock),
  close: () => Promise.resolve(),
}));

describe('contact', () => {
  test('is looked at again when it begins, where it was called before', async () => {
    const early = host();
    early.nowMs = START_MS - 1;
    await early.contact(CONTACT);
    expect(early.calls).toEqual([[CONTACT, START_MS]]);
    expect(early.opened).toBe(0);
  });

  test('is opened once and drained, and then nobody has it', async () => {
    const on = host();
    await on.contact(CONTACT);
    await on.contact(OPENED);
    expect([on.opened, on.drained.length, on.calls]).toEqual([1, 2, []]);
    expect(await on.leases.ask(CONTACT)).toBe(false);
  });

  test('is closed at its end and drained no more', async () => {
    const over = host();
    over.nowMs = CONTACT.endMs;
    await over.contact({ ...CONTACT, startMs: CONTACT.endMs });
    expect([over.opened, over.drained, over.calls]).toEqual([1, [], []]);
  });

  test('is drained once more by whoever drains it, for who calls meanwhile', async () => {
    const on = host(async () => {
      if (on.drained.length === 1) await on.contact(OPENED);
      return true;
    });
    await on.contact(OPENED);
    expect(on.drained).toHaveLength(2);
    expect(on.calls).toEqual([]);
  });

  test('goes on with the next call after a minute, without a gap between the two', async () => {
    const on = host(async (stopMs) => {
      on.nowMs = stopMs;
      return false;
    });
    await on.contact(CONTACT);
    expect(on.drained).toEqual([START_MS + MINUTE_MS]);
    expect(on.calls).toEqual([[OPENED, START_MS + MINUTE_MS]]);
    expect(await on.leases.ask(CONTACT)).toBe(false);
  });

  test('is tried again soon when the store fails while it is on', async () => {
    const on = host(() => Promise.reject(new StoreUnavailable('no', 'Wait.')));
    await on.contact(CONTACT);
    expect(on.calls).toEqual([[CONTACT, START_MS + 5000]]);
    expect(on.warned).toBe(1);
    expect(await on.leases.ask(CONTACT)).toBe(false);
  });

  test('fails when the store fails after its end, so that its queue brings it again', async () => {
    const over = host(() => Promise.reject(new StoreUnavailable('no', 'Wait.')));
    over.nowMs = CONTACT.endMs;
    await expect(over.contact(OPENED)).rejects.toThrow(StoreUnavailable);
    expect(over.calls).toEqual([]);
  });

  test('is taken over from one that crashed when its lease is over', async () => {
    const on = host();
    await on.leases.take(CONTACT, START_MS + 100_000);
    await on.contact(OPENED);
    expect(on.drained).toEqual([]);
    on.nowMs += 100_000;
    await on.contact(OPENED);
    expect(on.drained).toHaveLength(1);
  });
});
