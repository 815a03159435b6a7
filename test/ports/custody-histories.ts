/** Random histories of custody, and what a store makes of them beside the model. */
import fc from 'fast-check';
import { expect } from 'vitest';
import { type Transfer, TRANSFER_OPEN, TRANSFER_STATES } from '../../core/custody/transfer.ts';
import type { CustodyStore, TransferFilter } from '../../core/ports/custody-store.ts';
import { PRECEDENCES } from '../../core/satellite/precedence.ts';
import { hopTo, T0, transfer } from './custody-fixtures.ts';
import { NaiveCustody } from './custody-model.ts';

/** All pages of `limit`. */
export async function openIn(
  store: CustodyStore,
  filter: TransferFilter = {},
  limit = 7,
): Promise<Transfer[]> {
  const found: Transfer[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.open({ ...filter, limit, cursor });
    expect(page.transfers.length).toBeLessThanOrEqual(limit);
    found.push(...page.transfers);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return found;
}

const bundleId = fc.integer({ min: 0, max: 7 }).map((at) => `b${at}`);
const atMs = fc.integer({ min: 0, max: 20 }).map((late) => T0 + late);
const hop = fc.option(
  fc.constantFrom('n0', 'n1').map((to) => hopTo(to)),
  { nil: undefined },
);

export type Step =
  | { kind: 'accept'; transfer: Transfer; fill: number }
  | { kind: 'change'; change: Parameters<CustodyStore['change']>[0] }
  | { kind: 'forget'; beforeMs: number };

export const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('accept' as const),
      fill: fc.nat(255),
      transfer: fc
        .record({
          bundleId,
          hop,
          state: fc.constantFrom(...TRANSFER_OPEN),
          precedence: fc.constantFrom(...PRECEDENCES),
          expiresMs: atMs,
          dueMs: atMs,
          sizeBytes: fc.nat(1000),
        })
        .map(({ hop: way, ...rest }) => transfer(rest.bundleId, { ...rest, ...(way && { hop: way }) })),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('change' as const),
      change: fc.record({
        bundleId,
        expect: fc.record(
          { states: fc.subarray([...TRANSFER_STATES], { minLength: 3 }), attempt: fc.nat(2) },
          { requiredKeys: ['states'] },
        ),
        set: fc.record(
          { state: fc.constantFrom(...TRANSFER_STATES), attempt: fc.nat(2), hop, dueMs: atMs, endedMs: atMs },
          { requiredKeys: [] },
        ),
      }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('forget' as const), beforeMs: atMs }) },
);

/** After every step, with all that the port tells. */
export async function compare(store: CustodyStore, steps: readonly Step[]): Promise<void> {
  const model = new NaiveCustody();
  const fills = new Map<string, number>();
  for (const one of steps) {
    if (one.kind === 'accept') {
      const accepted = model.accept(one.transfer);
      if (accepted) fills.set(one.transfer.bundleId, one.fill);
      const bytes = new Uint8Array(20).fill(one.fill);
      expect(await store.accept(one.transfer, bytes)).toBe(accepted);
    } else if (one.kind === 'change') {
      expect(await store.change(one.change)).toBe(model.change(one.change));
    } else {
      expect(await store.forget(one.beforeMs, 100)).toBe(model.forget(one.beforeMs));
    }
    const totals = await store.totals();
    expect(totals).toEqual(model.totals());
    for (const of of ['bundles', 'bytes'] as const)
      expect(TRANSFER_STATES.reduce((sum, state) => sum + totals[state][of], 0)).toBe(totals.accepted[of]);
  }
  expect(await openIn(store, {}, 3)).toEqual(model.open());
  expect(await openIn(store, { to: 'n1', state: 'booked' }, 2)).toEqual(
    model.open((one) => one.state === 'booked' && one.hop?.to === 'n1'),
  );
  const due = await store.due(T0 + 10, 100);
  const times = due.map(({ dueMs }) => dueMs);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(new Set(due)).toEqual(new Set(model.open(({ dueMs }) => dueMs <= T0 + 10)));
  const open = new Set(model.open().map(({ bundleId: id }) => id));
  for (const [id, fill] of fills) {
    expect(await store.get(id)).toEqual(model.transfers.get(id));
    expect(await store.bytes(id)).toEqual(open.has(id) ? new Uint8Array(20).fill(fill) : undefined);
  }
}
