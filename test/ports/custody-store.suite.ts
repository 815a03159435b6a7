/** What every `CustodyStore` keeps to. */
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { BUNDLE_BYTES_MAX } from '../../core/bundle/decode.ts';
import { type Transfer, TRANSFER_OPEN, TRANSFER_STATES } from '../../core/custody/transfer.ts';
import { InvalidInput, PayloadTooLarge } from '../../core/errors.ts';
import type { CustodyStore } from '../../core/ports/custody-store.ts';
import { PRECEDENCES } from '../../core/satellite/precedence.ts';
import { bytesOf, hopTo, T0, transfer } from './custody-fixtures.ts';
import { compare, openIn, step } from './custody-histories.ts';
import { NaiveCustody } from './custody-model.ts';

export interface OpenedCustody {
  store: CustodyStore;
  close(): Promise<void> | void;
}

export interface CustodySuiteOptions {
  /** Random histories to try. @default 100 */
  numRuns?: number;
  /** Steps of the longest. @default 60 */
  stepsMax?: number;
}

const none = { bundles: 0, bytes: 0 };
const NOTHING = Object.fromEntries(['accepted', ...TRANSFER_STATES].map((name) => [name, none]));

/** `open` gives an empty one each time. */
export function custodyStoreSuite(
  name: string,
  open: () => Promise<OpenedCustody> | OpenedCustody,
  { numRuns = 100, stepsMax = 60 }: CustodySuiteOptions = {},
): void {
  describe(`${name} as CustodyStore`, () => {
    let store: CustodyStore;
    beforeEach(async () => {
      const opened = await open();
      store = opened.store;
      return () => opened.close();
    });

    const accept = (bundleId: string, changes: Partial<Transfer> = {}) =>
      store.accept(transfer(bundleId, changes), bytesOf(10));
    const ids = (transfers: readonly Transfer[]) => transfers.map(({ bundleId }) => bundleId);

    it('begins with nothing', async () => {
      expect(await store.get('b')).toBeUndefined();
      expect(await store.bytes('b')).toBeUndefined();
      expect(await store.due(Number.MAX_SAFE_INTEGER, 10)).toEqual([]);
      expect(await store.open()).toEqual({ transfers: [] });
      expect(await store.totals()).toEqual(NOTHING);
      expect(await store.forget(Number.MAX_SAFE_INTEGER, 10)).toBe(0);
      expect(await store.change({ bundleId: 'b', expect: { states: TRANSFER_OPEN }, set: {} })).toBe(false);
    });

    it('keeps all that is said of a bundle', async () => {
      const full = transfer('dtn://edge-7/work 853200000000 3 0 500', {
        source: 'edge-7',
        from: 'relay',
        precedence: 'flash',
        label: { level: 3, compartments: ['A', 'B'], releasability: ['ünïted'] },
        state: 'booked',
        attempt: 2,
        hop: hopTo('edge-1', { closesMs: T0 + 90_000.5 }),
        dueMs: T0 + 0.25,
        reason: 'chose satellite over primary: down, nothing came back for 3 s',
      });
      const plain = transfer('plain');
      await store.accept(full, bytesOf(700));
      await store.accept(plain, new Uint8Array(1));
      expect(await store.get(full.bundleId)).toStrictEqual(full);
      expect(await store.get('plain')).toStrictEqual(plain);
    });

    it('tells bundles of long and odd names apart', async () => {
      const names = ['x'.repeat(3000), `${'x'.repeat(2999)}y`, 'a#b', 'a#b#c', "a'; --", 'ü/ö 1 2'];
      for (const id of names) expect(await accept(id)).toBe(true);
      for (const id of names) expect((await store.get(id))?.bundleId).toBe(id);
      expect(ids(await openIn(store, {}, 2)).sort()).toEqual([...names].sort());
    });

    it.each([0, 1, 1000, 20_000, 400_000, 5_000_000])(
      'gives back %i bytes as they came',
      async (sizeBytes) => {
        const bytes = bytesOf(sizeBytes, 7);
        await store.accept(transfer('b', { sizeBytes }), bytes);
        const kept = await store.bytes('b');
        expect(kept !== undefined && Buffer.compare(kept, bytes)).toBe(0);
      },
    );

    it('accepts once, however often and with whatever it is asked again', async () => {
      expect(await store.accept(transfer('b'), bytesOf(50, 1))).toBe(true);
      expect(await store.accept(transfer('b', { from: 'other' }), bytesOf(50, 2))).toBe(false);
      expect(await store.get('b')).toEqual(transfer('b'));
      expect(await store.bytes('b')).toEqual(bytesOf(50, 1));
      const other = Array.from({ length: 6 }, () => accept('c'));
      expect((await Promise.all(other)).filter((accepted) => accepted)).toHaveLength(1);
      expect((await store.totals()).accepted).toEqual({ bundles: 2, bytes: 200 });
    });

    it('refuses a bundle that no decoder would take, and keeps nothing of it', async () => {
      const large = new Uint8Array(BUNDLE_BYTES_MAX + 1);
      await expect(store.accept(transfer('b'), large)).rejects.toThrow(PayloadTooLarge);
      expect(await store.get('b')).toBeUndefined();
      expect(await store.totals()).toEqual(NOTHING);
    });

    it.each<[string, Partial<Transfer>]>([
      ['that has ended', { state: 'dead' }],
      ['of a precedence that there isn’t', { precedence: 'soon' as never }],
      ['of half a byte', { sizeBytes: 0.5 }],
      ['that is due at no time', { dueMs: Number.NaN }],
      ['that never expires', { expiresMs: Number.POSITIVE_INFINITY }],
      ['without an id', { bundleId: '' }],
    ])('refuses a bundle %s, and goes on', async (_, changes) => {
      await expect(store.accept({ ...transfer('b'), ...changes }, bytesOf(1))).rejects.toThrow(InvalidInput);
      await accept('b');
      const late = { bundleId: 'b', expect: { states: TRANSFER_OPEN }, set: { dueMs: Number.NaN } };
      await expect(store.change(late)).rejects.toThrow(InvalidInput);
      expect(await store.get('b')).toEqual(transfer('b'));
    });

    it('changes what is named and keeps the rest; undefined takes the hop away', async () => {
      await accept('b');
      const booked = { state: 'booked', hop: hopTo('edge-1'), dueMs: T0 + 60_000, reason: 'booked' } as const;
      expect(await store.change({ bundleId: 'b', expect: { states: ['waiting'] }, set: booked })).toBe(true);
      expect(await store.get('b')).toStrictEqual(transfer('b', booked));
      await store.change({ bundleId: 'b', expect: { states: ['booked'] }, set: { dueMs: T0 + 5 } });
      expect(await store.get('b')).toStrictEqual(transfer('b', { ...booked, dueMs: T0 + 5 }));
      await store.change({
        bundleId: 'b',
        expect: { states: ['booked'] },
        set: { state: 'waiting', hop: undefined },
      });
      expect(await store.get('b')).toStrictEqual(transfer('b', { dueMs: T0 + 5, reason: 'booked' }));
    });

    it('changes nothing where another state or attempt was expected', async () => {
      await accept('b', { state: 'released', attempt: 2, hop: hopTo('edge-1') });
      const set = { state: 'waiting', hop: undefined } as const;
      for (const expected of [
        { states: ['waiting', 'booked'] as const },
        { states: ['released'] as const, attempt: 1 },
        { states: ['released'] as const, attempt: 3 },
        { states: [] },
      ])
        expect(await store.change({ bundleId: 'b', expect: expected, set })).toBe(false);
      expect(await store.get('b')).toMatchObject({ state: 'released', attempt: 2 });
    });

    it('lets one of many claim an attempt', async () => {
      await accept('b');
      const claims = Array.from({ length: 5 }, (_, at) =>
        store.change({
          bundleId: 'b',
          expect: { states: TRANSFER_OPEN, attempt: 0 },
          set: { state: 'released', attempt: 1, hop: hopTo(`n${at}`) },
        }),
      );
      const won = (await Promise.all(claims)).indexOf(true);
      expect(await store.get('b')).toMatchObject({ attempt: 1, hop: { to: `n${won}` } });
      expect((await store.totals()).released).toEqual({ bundles: 1, bytes: 100 });
      expect((await store.totals()).waiting).toEqual(none);
    });

    it.each(['acknowledged', 'expired', 'dead'] as const)(
      'lets the bytes of what is %s go, for good',
      async (end) => {
        await accept('b', { state: 'released', attempt: 1, hop: hopTo('edge-1') });
        const set = { state: end, endedMs: T0 + 9, reason: 'over' };
        expect(await store.change({ bundleId: 'b', expect: { states: ['released'], attempt: 1 }, set })).toBe(
          true,
        );
        expect(await store.bytes('b')).toBeUndefined();
        expect(await store.get('b')).toMatchObject({ state: end, endedMs: T0 + 9, attempt: 1 });
        for (const states of [[end], TRANSFER_OPEN, TRANSFER_STATES])
          expect(await store.change({ bundleId: 'b', expect: { states }, set: { state: 'waiting' } })).toBe(
            false,
          );
        expect(await accept('b')).toBe(false);
        expect(await store.due(T0 + 10, 10)).toEqual([]);
        expect(await store.open()).toEqual({ transfers: [] });
        expect(await store.totals()).toEqual({
          ...NOTHING,
          accepted: { bundles: 1, bytes: 100 },
          [end]: { bundles: 1, bytes: 100 },
        });
      },
    );

    it('gives the open ones that are due, the earliest first', async () => {
      for (const [at, late] of [40, 10, 30, 20, 50].entries()) await accept(`b${at}`, { dueMs: T0 + late });
      expect(ids(await store.due(T0 + 40, 10))).toEqual(['b1', 'b3', 'b2', 'b0']);
      expect(ids(await store.due(T0 + 40, 2))).toEqual(['b1', 'b3']);
      expect(await store.due(T0 + 9, 10)).toEqual([]);
      const later = { bundleId: 'b1', expect: { states: TRANSFER_OPEN }, set: { dueMs: T0 + 45 } };
      await store.change(later);
      expect(ids(await store.due(T0 + 45, 10))).toEqual(['b3', 'b2', 'b0', 'b1']);
      await store.change({ ...later, set: { dueMs: T0 } });
      expect(ids(await store.due(T0 + 10, 10))).toEqual(['b1']);
    });

    it('lists the open ones by precedence and then by expiry, page by page', async () => {
      const model = new NaiveCustody();
      for (let at = 0; at < 30; at++) {
        const one = transfer(`b${at}`, {
          precedence: PRECEDENCES[(at * 7) % 6],
          expiresMs: T0 + ((at * 13) % 5) * 0.5,
          state: TRANSFER_OPEN[at % 3],
          hop: at % 3 === 0 ? undefined : hopTo(`n${at % 2}`),
        });
        if (one.hop === undefined) delete one.hop;
        model.accept(one);
        await store.accept(one, bytesOf(1));
      }
      expect(await openIn(store)).toEqual(model.open());
      expect(await openIn(store, { state: 'booked' }, 3)).toEqual(
        model.open(({ state }) => state === 'booked'),
      );
      expect(await openIn(store, { to: 'n1' }, 1)).toEqual(model.open(({ hop }) => hop?.to === 'n1'));
      const released = model.open(({ state, hop }) => state === 'released' && hop?.to === 'n0');
      expect(await openIn(store, { state: 'released', to: 'n0' }, 2)).toEqual(released);
      expect(released.length).toBeGreaterThan(2);
      expect(await openIn(store, { to: 'nobody' })).toEqual([]);
      expect((await store.open()).transfers).toHaveLength(30);
    });

    it('goes on behind where a page ended, whatever ended meanwhile', async () => {
      for (let at = 0; at < 6; at++) await accept(`b${at}`, { expiresMs: T0 + at });
      const { transfers, cursor } = await store.open({ limit: 3 });
      expect(ids(transfers)).toEqual(['b0', 'b1', 'b2']);
      for (const bundleId of ['b2', 'b3'])
        await store.change({
          bundleId,
          expect: { states: TRANSFER_OPEN },
          set: { state: 'dead', endedMs: T0 },
        });
      expect(ids((await store.open({ limit: 3, cursor })).transfers)).toEqual(['b4', 'b5']);
    });

    it('refuses a cursor that no page gave', async () => {
      await expect(store.open({ cursor: 'elsewhere' })).rejects.toThrow(InvalidInput);
    });

    it('forgets what has ended and expired, and not what it came to', async () => {
      for (let at = 0; at < 5; at++) {
        await accept(`b${at}`, { expiresMs: T0 + at * 1000 });
        if (at === 1) continue;
        const set = { state: 'acknowledged', endedMs: T0 } as const;
        await store.change({ bundleId: `b${at}`, expect: { states: TRANSFER_OPEN }, set });
      }
      const before = await store.totals();
      expect(await store.forget(T0 + 3000, 1)).toBe(1);
      expect(await store.get('b0')).toBeUndefined();
      expect(await store.forget(T0 + 3000, 10)).toBe(1);
      expect(await store.forget(T0 + 3000, 10)).toBe(0);
      const left = await Promise.all(['b1', 'b2', 'b3', 'b4'].map((id) => store.get(id)));
      expect(left.map((one) => one?.state)).toEqual(['waiting', undefined, 'acknowledged', 'acknowledged']);
      expect(await store.totals()).toEqual(before);
      expect(await accept('b0')).toBe(true);
    });

    it('keeps to the model in any history: accepted is always what is open, ended or forgotten', {
      timeout: 120_000,
    }, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: stepsMax, size: 'max' }), async (steps) => {
          const opened = await open();
          try {
            await compare(opened.store, steps);
          } finally {
            await opened.close();
          }
        }),
        { numRuns },
      );
    });
  });
}
