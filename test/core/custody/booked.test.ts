import { describe, expect, test } from 'vitest';
import { Booked } from '../../../core/custody/booked.ts';
import type { Transfer, TransferHop } from '../../../core/custody/transfer.ts';
import { VirtualTime } from '../../../core/simulator/virtual-time.ts';

const booked = (
  bundleId: string,
  sizeBytes: number,
  closesMs = 100,
  more: Partial<Transfer> = {},
): Transfer => ({
  bundleId,
  source: 'hub',
  destination: 'edge',
  precedence: 'routine',
  sizeBytes,
  acceptedMs: 0,
  expiresMs: 1000,
  state: 'booked',
  attempt: 0,
  hop: { to: 'sat', link: 'plan:p', channel: 'satellite', departMs: 50, closesMs },
  dueMs: 50,
  reason: '',
  ...more,
});

function open(inLedger: Transfer[] = []) {
  const time = new VirtualTime(0);
  let reads = 0;
  const custody = {
    open: async () => {
      reads++;
      return { transfers: inLedger };
    },
  };
  return { time, reads: () => reads, own: new Booked({ node: 'hub', custody, clock: time }) };
}

const sums = async (own: Booked, besides = '') =>
  (await own.besides(besides, ['sat'])).map(
    ({ closesMs, precedence, bytes }) => `${precedence} ${closesMs}: ${bytes}`,
  );

describe('what is booked', () => {
  test('is summed by contact and precedence, without the bundle that is to be booked', async () => {
    const flash = booked('c', 7, 100, { precedence: 'flash' });
    const { own } = open([booked('a', 10), booked('b', 20), flash, booked('d', 5, 900)]);
    expect(await sums(own)).toEqual(['routine 100: 30', 'flash 100: 7', 'routine 900: 5']);
    expect(await sums(own, 'b')).toEqual(['routine 100: 10', 'flash 100: 7', 'routine 900: 5']);
    expect(await sums(own, 'a')).toEqual(['flash 100: 7', 'routine 900: 5']);
    expect(await own.besides('', [])).toEqual([]);
  });

  test('is what this process books, each bundle once, and lets go of', async () => {
    const { own } = open();
    expect(await sums(own)).toEqual([]);
    own.put(booked('a', 10));
    own.put(booked('a', 10, 900));
    own.put(booked('b', 4));
    expect(await sums(own)).toEqual(['routine 900: 10', 'routine 100: 4']);
    own.delete('a');
    own.delete('a');
    expect(await sums(own)).toEqual(['routine 100: 4']);
  });

  test('is read again now and then: others book too', async () => {
    const inLedger = [booked('a', 10)];
    const { own, time, reads } = open(inLedger);
    for (let times = 0; times < 5; times++) await own.besides('', ['sat']);
    expect(reads()).toBe(1);
    inLedger.push(booked('b', 20));
    time.run(10_000);
    expect(await sums(own)).toEqual(['routine 100: 30']);
  });

  test('gives way from the lowest on, the last of them first, and only in the same contact', async () => {
    const { own } = open();
    own.put(booked('a', 10));
    own.put(booked('b', 10));
    own.put(booked('c', 10, 900, { precedence: 'deferred' }));
    own.put(booked('d', 10, 100, { precedence: 'priority' }));
    const contact = booked('x', 1).hop as Required<TransferHop>;
    expect(own.lowest(contact, 'flash')).toBe('b');
    own.delete('b');
    own.delete('a');
    expect(own.lowest(contact, 'flash')).toBe('d');
    expect(own.lowest(contact, 'priority')).toBeUndefined();
  });
});
