import { beforeEach, afterEach, describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { openStore, type EmbeddedStore } from '../../../adapters/embedded/store.ts';
import { ZstdCompression } from '../../../adapters/system/zstd.ts';
import { type Bundle, BUNDLE_FLAGS, payloadOf, withPayload } from '../../../core/bundle/bundle.ts';
import { decodeBundle } from '../../../core/bundle/decode.ts';
import { encodeBundle } from '../../../core/bundle/encode.ts';
import { fragmentBundle } from '../../../core/bundle/fragment.ts';
import { HOP_COUNT, withBlock } from '../../../core/bundle/known-blocks.ts';
import { BundleRefused } from '../../../core/bundle/refusal.ts';
import { withoutIntegrity } from '../../../core/bundle/security/integrity.ts';
import { Intake } from '../../../core/custody/intake.ts';
import { bundleOf, type Message } from '../../../core/custody/message.ts';
import { type PeerKeys, protectedWith } from '../../../core/custody/protection.ts';
import { createCustody } from '../../../lambdas/forward/custody.ts';
import type { CustodyPorts } from '../../../lambdas/forward/ports.ts';
import { both, FAST } from './links.ts';
import { message } from './messages.ts';
import { START_MS, World } from './world.ts';

const KEYS: PeerKeys = { integrity: new Uint8Array(32).fill(7), confidentiality: new Uint8Array(32).fill(9) };

let store: EmbeddedStore;
beforeEach(() => {
  store = openStore({ dataDir: ':memory:' });
});
afterEach(() => store.close());

const custodyOf = (ports: Partial<CustodyPorts> = {}) =>
  createCustody({
    node: 'edge',
    custody: store.custody,
    clock: { now: () => START_MS + 1000, sleep: () => Promise.resolve() },
    compression: new ZstdCompression(),
    ...ports,
  });

/** As it comes from hub, after one hop. */
const sentBy = (bundle: Bundle): Bundle => withBlock(bundle, HOP_COUNT, { limit: 32, count: 1 });
const bundleTo = (to: string, more: Partial<Message> = {}): Bundle =>
  sentBy(bundleOf(message('m1', to, more), 'hub'));

const refused = (reason: string, isPermanent: boolean) => ({
  answer: {
    type: 'refused',
    bundleId: 'b1',
    reason: expect.stringMatching(new RegExp(`^${reason}: `)) as string,
    isPermanent,
  },
});

describe('what comes from a neighbour', () => {
  test('is in custody when it is answered, and answered again when it comes again', async () => {
    const custody = custodyOf();
    const bytes = encodeBundle(bundleTo('edge'));
    const { answer, bundleId } = await custody.arrived('hub', 'b1', bytes);
    expect(answer).toEqual({ type: 'accepted', bundleIds: ['b1'] });
    expect(await store.custody.get(bundleId!)).toMatchObject({
      state: 'waiting',
      from: 'hub',
      source: 'hub',
    });
    expect(await custody.arrived('hub', 'b1', bytes)).toEqual({ answer });
    expect((await store.custody.totals()).accepted.bundles).toBe(1);
  });

  test.each<[name: string, reason: string, isPermanent: boolean, bundle: () => Uint8Array]>([
    ['no bundle', 'malformed', false, () => new Uint8Array([1, 2, 3])],
    [
      'a damaged one',
      'corrupt',
      false,
      () => encodeBundle(bundleTo('edge')).map((byte, at, all) => (at === all.length - 8 ? byte ^ 1 : byte)),
    ],
    [
      'one that is too large',
      'too-large',
      true,
      () => encodeBundle(bundleTo('edge', { payload: new Uint8Array(5000) })),
    ],
    [
      'one from the future',
      'from-the-future',
      false,
      () => encodeBundle(bundleTo('edge', { createdMs: START_MS + 3_600_000 })),
    ],
    ['one that is over', 'expired', false, () => encodeBundle(bundleTo('edge', { lifetimeMs: 10 }))],
    [
      'one that goes in circles',
      'looping',
      true,
      () => encodeBundle(withBlock(bundleTo('edge'), HOP_COUNT, { limit: 2, count: 3 })),
    ],
    [
      'one for no node',
      'unsupported',
      true,
      () =>
        encodeBundle({
          ...bundleTo('edge'),
          primary: { ...bundleTo('edge').primary, destination: 'ipn:2.1' },
        }),
    ],
  ])('is refused as %s', async (_, reason, isPermanent, bundle) => {
    const custody = custodyOf({ limits: { bundleBytesMax: 4000 } });
    expect(await custody.arrived('hub', 'b1', bundle())).toEqual(refused(reason, isPermanent));
    expect((await store.custody.totals()).accepted.bundles).toBe(0);
  });

  test('is refused where it floods, and costs others nothing', async () => {
    const intake = new Intake({ bytesPerSecond: 1000, burstBytes: 10_000, heldBytesMax: 1e6 });
    const custody = custodyOf({ intake });
    const flood = await Promise.all(
      Array.from({ length: 20 }, (_, at) =>
        custody.arrived('hub', 'b1', encodeBundle(bundleTo('edge', { id: `f${at}` }))),
      ),
    );
    const taken = flood.filter(({ answer }) => answer.type === 'accepted');
    expect(taken.length).toBeGreaterThan(3);
    expect(taken.length).toBeLessThan(12);
    expect(flood.at(-1)).toEqual(refused('flooding', false));
    const other = await custody.arrived('other', 'b1', encodeBundle(bundleTo('edge', { id: 'one' })));
    expect(other.answer.type).toBe('accepted');
  });

  test('is refused where what is in custody is all that there is room for', async () => {
    const custody = custodyOf({ limits: { heldBytesMax: 600 } });
    const answers = [];
    for (let at = 0; at < 10; at++)
      answers.push(await custody.arrived('hub', 'b1', encodeBundle(bundleTo('edge', { id: `f${at}` }))));
    expect(answers.at(-1)).toEqual(refused('flooding', false));
    const { waiting } = await store.custody.totals();
    expect(waiting.bytes).toBeLessThanOrEqual(600);
    expect(waiting.bundles).toBeGreaterThan(2);
  });

  test('lets an intake go of what has ended', () => {
    const intake = new Intake({ heldBytesMax: 10_000 });
    intake.hold('hub', 8000, 0);
    expect(() => intake.admit('hub', 2000, 0)).toThrow(BundleRefused);
    intake.letGo('hub', 8000);
    intake.admit('hub', 2000, 0);
  });
});

describe('with keys', () => {
  const keys = { of: (node: string) => Promise.resolve(node === 'hub' ? KEYS : undefined) };
  const original = (id = 'm1') =>
    bundleOf(message(id, 'edge', { payload: new TextEncoder().encode('a secret') }), 'hub');
  const sealed = (id?: string) => sentBy(protectedWith(original(id), KEYS));

  test('takes what is protected, and nobody between reads it', async () => {
    const bytes = encodeBundle(sealed());
    expect(new TextDecoder('latin1').decode(bytes)).not.toContain('a secret');
    expect((await custodyOf({ keys }).arrived('hub', 'b1', bytes)).answer.type).toBe('accepted');
  });

  test.each<[name: string, reason: string, isPermanent: boolean, bundle: () => Bundle]>([
    [
      'changed',
      'tampered',
      false,
      () =>
        withPayload(
          sealed(),
          payloadOf(sealed()).map((byte) => byte ^ 1),
        ),
    ],
    ['not protected', 'unprotected', true, () => sentBy(original())],
    [
      'without its integrity',
      'unprotected',
      true,
      () => sentBy(withoutIntegrity(protectedWith(original(), { integrity: KEYS.integrity }))),
    ],
    [
      'of another key',
      'tampered',
      false,
      () => sentBy(protectedWith(original(), { ...KEYS, confidentiality: new Uint8Array(32) })),
    ],
  ])('refuses what is %s, and takes the true one after it', async (_, reason, isPermanent, bundle) => {
    const custody = custodyOf({ keys });
    expect(await custody.arrived('hub', 'b1', encodeBundle(bundle()))).toEqual(refused(reason, isPermanent));
    expect((await custody.arrived('hub', 'b1', encodeBundle(sealed()))).answer.type).toBe('accepted');
  });

  test('refuses what it has no key for', async () => {
    const custody = custodyOf({ keys: { of: () => Promise.resolve(undefined) } });
    expect(await custody.arrived('hub', 'b1', encodeBundle(sealed()))).toEqual(refused('no-key', true));
  });

  test('passes on what is for others as it is', async () => {
    const relay = custodyOf({ node: 'relay', keys: { of: () => Promise.resolve(undefined) } });
    const bytes = encodeBundle(sealed());
    const { bundleId } = await relay.arrived('hub', 'b1', bytes);
    expect(await store.custody.bytes(bundleId!)).toEqual(bytes);
  });

  test('delivers in the clear, also what came in fragments', async () => {
    const peer = { of: () => Promise.resolve(KEYS) };
    const world = await World.of({
      nodes: ['hub', 'edge'],
      links: both({ from: 'hub', to: 'edge', profile: FAST }),
      each: () => ({ keys: peer }),
    });
    const text = 'a longer secret '.repeat(20);
    const plain = message('whole', 'edge', { payload: new TextEncoder().encode(text) });
    void world.node('hub').accept(plain);
    const parts = fragmentBundle(sealed('parted'), 600);
    expect(parts.length).toBe(1);
    const edge = world.node('edge');
    for (const [at, part] of fragmentBundle(
      protectedWith(bundleOf({ ...plain, id: 'parted' }, 'hub'), KEYS),
      500,
    ).entries()) {
      const { bundleId } = await edge.custody.arrived('hub', `p${at}`, encodeBundle(sentBy(part)));
      await edge.forward.step(bundleId!);
    }
    await world.until(60_000);
    expect([...edge.inbox.values()].map((one) => one.text)).toEqual([text, text]);
    expect([world.wrongs, await edge.open()]).toEqual([[], 0]);
    world.close();
  });
});

describe('fuzzed', () => {
  const samples = [
    encodeBundle(bundleTo('edge', { label: { level: 3, compartments: ['a'], releasability: [] } })),
    encodeBundle(bundleTo('other', { createdMs: undefined })),
    encodeBundle(sentBy(protectedWith(bundleOf(message('m2', 'edge'), 'hub'), KEYS))),
    ...fragmentBundle(bundleTo('edge', { payload: new Uint8Array(900) }), 400).map(encodeBundle),
    encodeBundle({
      ...bundleTo('edge'),
      primary: { ...bundleTo('edge').primary, flags: BUNDLE_FLAGS.reportDeletion, reportTo: 'dtn://hub/x' },
    }),
  ];

  test('answers whatever comes, and keeps only what it can read', { timeout: 60_000 }, async () => {
    const custody = custodyOf({ keys: { of: () => Promise.resolve(KEYS) } });
    const mutated = fc
      .tuple(
        fc.constantFrom(...samples),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
        fc.nat(1000),
      )
      .map(([sample, edits, cut]) => {
        const bytes = sample.slice(0, cut < 900 ? sample.length : cut % sample.length);
        for (const [at, value] of edits) if (bytes.length > 0) bytes[at % bytes.length] = value;
        return bytes;
      });
    await fc.assert(
      fc.asyncProperty(fc.oneof(mutated, fc.uint8Array({ maxLength: 300 })), async (bytes) => {
        const { answer, bundleId } = await custody.arrived('hub', 'b1', bytes);
        if (answer.type === 'refused') expect(bundleId).toBeUndefined();
        else expect(encodeBundle(decodeBundle(bytes))).toEqual(bytes);
      }),
      { numRuns: 1500 },
    );
    const { accepted, waiting } = await store.custody.totals();
    expect(accepted).toEqual(waiting);
  });
});
