import { describe, expect, test } from 'vitest';
import { StoreUnavailable } from '../../core/errors.ts';
import { type Call, createContact } from '../../lambdas/contact/contact.ts';
import { contactLeasesSuite } from '../ports/contact-leases.suite.ts';
import { MemoryContactLeases } from '../ports/memory-contact-leases.ts';

const MINUTE_MS = 60_000;
const START_MS = 1_000_000;
const CONTACT: Call = { to: 'edge', link: 'pass', startMs: START_MS, endMs: START_MS + 10 * MINUTE_MS };
const OPENED = { ...CONTACT, isOpened: true };

const LEASE_MS = 30_000;
const BEAT_MS = 9000;

type Drain = (isOver: () => boolean) => Promise<boolean>;

function host(drain: Drain = async () => true) {
  const host = {
    nowMs: START_MS,
    opened: 0,
    drained: 0,
    beats: [] as (() => void)[],
    calls: [] as [Call, atMs: number][],
    watches: [] as [Call, atMs: number][],
    warned: 0,
  };
  const clock = {
    now: () => host.nowMs,
    sleep: (_: number, signal?: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        host.beats.push(resolve);
        signal?.addEventListener('abort', () => reject(signal.reason as Error));
      }),
  };
  /** Lets so much time pass, with all beats in it. */
  const pass = async (ms: number) => {
    for (const untilMs = host.nowMs + ms; host.nowMs < untilMs; ) {
      host.nowMs = Math.min(untilMs, host.nowMs + BEAT_MS);
      for (const beat of host.beats.splice(0)) beat();
      await new Promise(setImmediate);
    }
  };
  const leases = new MemoryContactLeases(clock);
  const contact = createContact({
    open: async ({ endMs }) => {
      host.opened++;
      return host.nowMs < endMs;
    },
    drain: async (_, isOver) => {
      host.drained++;
      return drain(isOver);
    },
    leases,
    call: async (...call) => void (call[0].watches ? host.watches : host.calls).push(call),
    clock,
    logger: { warn: () => void host.warned++ },
  });
  return Object.assign(host, { contact, leases, pass });
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
    expect([on.opened, on.drained, on.calls]).toEqual([1, 2, []]);
    expect(await on.leases.ask(CONTACT)).toBe(false);
  });

  test('is closed at its end and drained no more', async () => {
    const over = host();
    over.nowMs = CONTACT.endMs;
    await over.contact({ ...CONTACT, startMs: CONTACT.endMs });
    expect([over.opened, over.drained, over.calls]).toEqual([1, 0, []]);
  });

  test('is drained once more by whoever drains it, for who calls meanwhile', async () => {
    const on = host(async () => {
      if (on.drained === 1) await on.contact(OPENED);
      return true;
    });
    await on.contact(OPENED);
    expect(on.drained).toBe(2);
    expect(on.calls).toEqual([]);
  });

  test('goes on with the next call after a minute, without a gap between the two', async () => {
    const on = host(async (isOver) => {
      await on.pass(MINUTE_MS - 1);
      expect(isOver()).toBe(false);
      await on.pass(1);
      expect(isOver()).toBe(true);
      return false;
    });
    await on.contact(CONTACT);
    expect(on.drained).toBe(1);
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

  test('is taken over by its watch from one that crashed, half a minute later, and then watched anew', async () => {
    const on = host(() => (on.drained === 1 ? new Promise(() => undefined) : Promise.resolve(true)));
    void on.contact(CONTACT);
    await new Promise(setImmediate);
    const [[watch, atMs]] = on.watches as [[Call, number]];
    expect(atMs).toBe(START_MS + LEASE_MS);
    // From now on nobody renews the lease.
    on.beats.length = 0;
    on.nowMs = atMs;
    await on.contact(watch);
    expect([on.opened, on.drained]).toEqual([1, 2]);
    expect(on.watches.map(([{ watches }]) => watches)).toEqual(['h1', 'h2']);
    await on.contact(watch);
    expect(on.drained).toBe(2);
  });

  test('is watched for as long as it is drained, and no longer', async () => {
    let end = (): void => undefined;
    const on = host(() => new Promise<boolean>((resolve) => (end = () => resolve(true))));
    const draining = on.contact(CONTACT);
    await new Promise(setImmediate);
    await on.pass(LEASE_MS);
    await on.contact(on.watches[0]![0]);
    expect(on.watches.map(([, atMs]) => atMs - START_MS)).toEqual([LEASE_MS, 2 * LEASE_MS]);
    end();
    await draining;
    await on.contact(on.watches[1]![0]);
    expect([on.drained, on.watches.length, on.calls]).toEqual([1, 2, []]);
  });

  test('is drained no further by one whose lease could not be renewed in time', async () => {
    const on = host(async (isOver) => {
      on.leases.renew = () => Promise.reject(new StoreUnavailable('no', 'Wait.'));
      await on.pass(LEASE_MS - 1);
      expect(isOver()).toBe(false);
      await on.pass(1);
      expect(isOver()).toBe(true);
      return false;
    });
    await on.contact(OPENED);
    expect(on.warned).toBeGreaterThan(0);
    expect(on.drained).toBe(1);
  });

  test('is drained no further by one whose lease is somebody else’s', async () => {
    const on = host(async (isOver) => {
      on.leases.renew = async () => false;
      await on.pass(BEAT_MS);
      expect(isOver()).toBe(true);
      return false;
    });
    await on.contact(OPENED);
    expect(on.drained).toBe(1);
  });

  test('is taken over at once by whoever calls when a lease is over', async () => {
    const on = host();
    await on.leases.take(CONTACT, START_MS + LEASE_MS);
    await on.contact(OPENED);
    expect(on.drained).toBe(0);
    on.nowMs += LEASE_MS;
    await on.contact(OPENED);
    expect(on.drained).toBe(1);
  });
});
