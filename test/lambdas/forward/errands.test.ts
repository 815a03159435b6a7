import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type EmbeddedStore, openStore } from '../../../adapters/embedded/store.ts';
import { ZstdCompression } from '../../../adapters/system/zstd.ts';
import type { ContactTimer } from '../../../core/ports/contact-timers.ts';
import type { Errand } from '../../../core/ports/errands.ts';
import { createCustody } from '../../../lambdas/forward/custody.ts';
import { createErrands } from '../../../lambdas/forward/errands.ts';
import { message } from './messages.ts';
import { START_MS } from './world.ts';

const CONTACT: ContactTimer = { to: 'edge', link: 'pass', startMs: START_MS, endMs: START_MS + 60_000 };

let store: EmbeddedStore;
beforeEach(() => {
  store = openStore({ dataDir: ':memory:' });
});
afterEach(() => store.close());

type Step = (bundleId: string) => Promise<{ contact?: ContactTimer }>;

function host(step: Step = async () => ({})) {
  const host = {
    nowMs: START_MS,
    stepped: [] as string[],
    sent: [] as [Errand[], atMs?: number][],
    drained: [] as ContactTimer[],
    placed: 0,
    measured: 0,
    told: [] as unknown[],
    toldOfLinks: 0,
    againMs: undefined as number | undefined,
  };
  const clock = { now: () => host.nowMs, sleep: () => Promise.resolve() };
  const { custody } = store;
  const bundles = createCustody({ node: 'hub', custody, clock, compression: new ZstdCompression() });
  const { perform } = createErrands({
    custody,
    accept: (given) => bundles.accept(given),
    forward: {
      step: (bundleId) => {
        host.stepped.push(bundleId);
        return step(bundleId);
      },
      acknowledged: async (from, bundleIds, channel) =>
        void host.stepped.push(`${from} ${channel} ${bundleIds.join()}`),
      refusedBy: async (from, { bundleId }) => void host.stepped.push(`${from} not ${bundleId}`),
    },
    errands: { send: async (errands, atMs) => void host.sent.push([[...errands], atMs]) },
    drain: async (contact) => void host.drained.push(contact),
    tell: async (nodes) => void host.told.push(nodes),
    tellLinks: async () => {
      host.toldOfLinks++;
      return host.againMs;
    },
    placeAgain: async () => void host.placed++,
    measure: async () => void host.measured++,
    clock,
  });
  const accept = async (id: string, to = 'edge'): Promise<string> =>
    (await bundles.accept(message(id, to))).bundleId;
  return Object.assign(host, { perform, accept });
}

/** Sent, and acknowledged by then. */
const release =
  (dueMs: number): Step =>
  async (bundleId) => {
    const set = { state: 'released', attempt: 1, dueMs } as const;
    await store.custody.change({ bundleId, expect: { states: ['waiting'], attempt: 0 }, set });
    return {};
  };

describe('errands', () => {
  test('take a message into custody and step it, once however often it comes', async () => {
    const { perform, stepped } = host();
    const errand: Errand = { type: 'accept', message: message('m1', 'edge') };
    await perform(errand);
    await perform(errand);
    expect((await store.custody.totals()).accepted.bundles).toBe(1);
    expect(new Set(stepped).size).toBe(1);
  });

  test('look at what was sent again when its acknowledgement is due', async () => {
    const on = host(release(START_MS + 2000));
    const bundleId = await on.accept('m1');
    await on.perform({ type: 'step', bundleId });
    expect(on.sent).toEqual([[[{ type: 'step', bundleId }], START_MS + 2000]]);
    // Another errand for it moved nothing, and leaves the next look to the first.
    await on.perform({ type: 'step', bundleId });
    expect(on.sent).toHaveLength(1);
  });

  test('leave what is due later to the sweep', async () => {
    const on = host(release(START_MS + 60_001));
    await on.perform({ type: 'step', bundleId: await on.accept('m1') });
    expect(on.sent).toEqual([]);
  });

  test('forget what has ended, and what never was', async () => {
    const on = host();
    const bundleId = await on.accept('m1');
    const set = { state: 'acknowledged', endedMs: START_MS } as const;
    await store.custody.change({ bundleId, expect: { states: ['waiting'] }, set });
    await on.perform({ type: 'step', bundleId });
    await on.perform({ type: 'step', bundleId: 'none' });
    expect([on.stepped, on.sent]).toEqual([[], []]);
  });

  test('have a contact drained that is on', async () => {
    const on = host(async () => ({ contact: CONTACT }));
    await on.perform({ type: 'step', bundleId: await on.accept('m1') });
    expect(on.drained).toEqual([CONTACT]);
  });

  test('step what is due, each by an errand of its own, tell nodes of the network and of links, and place tasks again', async () => {
    const on = host();
    const ids = [];
    for (let n = 0; n < 150; n++) ids.push(await on.accept(`m${n}`));
    await release(START_MS + 5000)(ids[0]!);
    await on.perform({ type: 'sweep' });
    const steps = on.sent.flatMap(([errands]) =>
      errands.map((errand) => (errand as { bundleId: string }).bundleId),
    );
    expect(steps.toSorted()).toEqual(ids.slice(1).toSorted());
    expect([on.placed, on.told, on.toldOfLinks, on.measured]).toEqual([1, [undefined], 1, 1]);
  });

  test('step what goes to a node or over it when there is a way', async () => {
    const on = host();
    const [direct, over, other] = [
      await on.accept('a'),
      await on.accept('b', 'far'),
      await on.accept('c', 'far'),
    ];
    const hop = { to: 'edge', link: 'l', channel: 'mesh', departMs: START_MS } as const;
    await store.custody.change({
      bundleId: over,
      expect: { states: ['waiting'] },
      set: { state: 'booked', hop },
    });
    await on.perform({ type: 'wake', node: 'edge' });
    const woken = on.sent
      .flatMap(([errands]) => errands)
      .map((errand) => (errand as { bundleId: string }).bundleId);
    expect(woken.toSorted()).toEqual([direct, over].toSorted());
    expect(woken).not.toContain(other);
    expect([on.placed, on.told, on.toldOfLinks]).toEqual([1, [['edge'], undefined], 1]);
  });

  test('tell nodes of links again once those may be told that were told just before', async () => {
    const on = host();
    on.againMs = START_MS + 3000;
    await on.perform({ type: 'wake', node: 'edge' });
    expect(on.sent).toEqual([[[{ type: 'tell-links' }], START_MS + 3000]]);
    on.againMs = undefined;
    await on.perform({ type: 'tell-links' });
    expect([on.toldOfLinks, on.sent.length, on.told]).toEqual([2, 1, [['edge'], undefined]]);
  });

  test('hand on what neighbours answer', async () => {
    const on = host();
    await on.perform({ type: 'acknowledged', from: 'edge', channel: 'mesh', bundleIds: ['a', 'b'] });
    const refusal = { type: 'refused', bundleId: 'c', reason: 'full', isPermanent: false } as const;
    await on.perform({ type: 'refused', from: 'edge', refusal });
    expect(on.stepped).toEqual(['edge mesh a,b', 'edge not c']);
  });
});
