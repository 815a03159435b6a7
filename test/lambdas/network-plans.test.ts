/** Contact plans and satellites of a network. */
import { describe, expect, test } from 'vitest';
import type { NetworkOperations } from '../../core/api/network-operations.ts';
import { Conflict, NotFound } from '../../core/errors.ts';
import { createNetwork } from '../../lambdas/network/network.ts';
import { EPOCH_MS, textOf } from '../core/contact-plan/orbit/elements.ts';
import { HOUR_MS, ION, link, names, node, NOW_MS, type OpenNetwork, useNetwork } from './open-network.ts';

let store: OpenNetwork['store'];
let network: NetworkOperations;
const { time, file, measured } = useNetwork((opened) => ({ store, network } = opened));

describe('a contact plan', () => {
  const text = ION(`
    a contact +3600 +7200 hq sat 1000
    a contact +5400 +9000 sat site 1000
    a range +3600 +9000 hq sat 2
    a range +3600 +9000 sat site 2`);
  const plan = { name: 'relay', plan: text, startsMs: NOW_MS };

  test('makes routes through its contacts, of which links say the channel', async () => {
    await network.putPlan(plan);
    await file(
      [],
      [link('dish', 'sat', 'site', { channel: 'secondary', viaContacts: true, rateBitsPerSecond: 4000 })],
    );
    const { route } = await network.routes({ from: 'hq', to: 'site', sizeBytes: 1000 });
    const sentMs = NOW_MS + 5400_000 + 2000;
    expect(route).toEqual({
      arrivalMs: sentMs + 2000,
      expiresMs: NOW_MS + 7200_000,
      hops: [
        expect.objectContaining({
          to: 'sat',
          link: 'plan:relay',
          channel: 'satellite',
          closesMs: NOW_MS + 7200_000,
        }),
        {
          from: 'sat',
          to: 'site',
          link: 'dish',
          channel: 'secondary',
          departMs: NOW_MS + 5400_000,
          arriveMs: sentMs + 2000,
          closesMs: NOW_MS + 9000_000,
        },
      ],
    });
  });

  test('gives a pair of routes over two of its nodes', async () => {
    const lines = ['one', 'two'].flatMap((sat) => [
      `a contact +0 +600 hq ${sat} 1000`,
      `a contact +0 +600 ${sat} site 1000`,
    ]);
    await network.putPlan({ ...plan, plan: lines.join('\n') });
    const { disjoint } = await network.routes({ from: 'hq', to: 'site', disjoint: true });
    expect(disjoint!.routes.map(({ hops }) => hops[0]!.to).toSorted()).toEqual(['one', 'two']);
  });

  test('shows its contacts, those to come and those that are on', async () => {
    await network.putPlan(plan);
    const { contacts } = await network.contacts({ hours: 2 });
    expect(
      contacts.map(({ from, to, startMs, endMs }) => [from, to, startMs - NOW_MS, endMs - NOW_MS]),
    ).toEqual([
      ['hq', 'sat', 3600_000, 7200_000],
      ['sat', 'site', 5400_000, 9000_000],
    ]);
    expect((await network.contacts({ to: 'site', atMs: NOW_MS + 8000_000 })).contacts).toHaveLength(1);
    expect((await network.contacts({ to: 'site', atMs: NOW_MS + 9000_000 })).contacts).toEqual([]);
    await expect(network.contacts({ from: 'moon' })).rejects.toThrow(NotFound);
  });

  test('says that what comes too late is not carried', async () => {
    await network.putPlan(plan);
    const { reason } = await network.routes({ from: 'hq', to: 'site', atMs: NOW_MS + 7201_000 });
    expect(reason).toMatch(/contacts that lead there end before what they need arrives/);
  });

  test('that is put again changes nothing; another text of its name replaces it', async () => {
    expect(await network.putPlan(plan)).toMatchObject({ created: true, put: { contacts: 2, format: 'ion' } });
    expect(await network.putPlan(plan)).toMatchObject({ created: false });
    expect((await network.registered()).version).toBe(1);
    await network.putPlan({ ...plan, plan: ION('a contact +0 +60 hq site 1000') });
    expect(names((await network.routes({ from: 'hq', to: 'site' })).route!.hops)).toEqual(['hq', 'site']);
    await network.removePlan('relay');
    await expect(network.routes({ from: 'hq', to: 'site' })).rejects.toThrow(NotFound);
  });

  test('is kept while links lead to its nodes', async () => {
    await network.putPlan(plan);
    await network.putLink(link('dish', 'sat', 'site', { viaContacts: true }));
    await expect(network.removePlan('relay')).rejects.toThrow('The link dish would lead nowhere');
    const smaller = network.putPlan({ ...plan, plan: ION('a contact +0 +60 hq site 1000') });
    await expect(smaller).rejects.toThrow('would lead nowhere without what "relay" held before');
  });

  test('is refused without a time that its times count from', async () => {
    await expect(network.putPlan({ ...plan, startsMs: undefined })).rejects.toThrow(/don't count from 1970/);
  });

  test('beside another gives a link contacts that are carried once', async () => {
    await network.putPlan(plan);
    await network.putPlan({ ...plan, name: 'other', plan: ION('a contact +6000 +9600 sat site 9000') });
    await network.putLink(link('dish', 'sat', 'site', { viaContacts: true }));
    const { contacts } = await network.contacts({ to: 'site' });
    expect(contacts.map(({ link: id, startMs, endMs }) => [id, startMs - NOW_MS, endMs - NOW_MS])).toEqual([
      ['dish', 5400_000, 9000_000],
      ['dish', 9000_000, 9600_000],
    ]);
  });

  test('has the contact that is on cut off while its link is down, not those to come', async () => {
    const twice = ION(`
      a contact +0 +600 hq site 1000
      a contact +3600 +7200 hq site 1000`);
    await network.putPlan({ ...plan, plan: twice });
    await network.putLink(link('dish', 'hq', 'site', { viaContacts: true }));
    await store.network.putLinkState(measured('dish', { status: 'down' }));
    const { route } = await network.routes({ from: 'hq', to: 'site' });
    expect(route!.hops[0]!.departMs).toBe(NOW_MS + 3600_000);
  });
});

describe('satellites', () => {
  const kiruna = { latitudeDegrees: 67.86, longitudeDegrees: 20.22, altitudeM: 400 };
  const punta = { latitudeDegrees: -53.16, longitudeDegrees: -70.9, altitudeM: 30 };
  const polar = { name: 'POLAR 1', inclinationDeg: 86.4, revolutionsPerDay: 14.34 };
  const tle = textOf(polar, { ...polar, name: 'POLAR 2', catalogNumber: '90002', anomalyDeg: 90 });
  const request = { name: 'polar', tle, minElevationDegrees: 10, rateBitsPerSecond: 1e6 };

  test('carry from node to node as they pass over them', async () => {
    await file([node('north', kiruna), node('south', punta)]);
    expect(await network.putConstellation(request)).toMatchObject({
      created: true,
      notes: [],
      put: { nodes: ['POLAR 1', 'POLAR 2'] },
    });
    const { route } = await network.routes({ from: 'north', to: 'south', sizeBytes: 10_000 });
    expect(route!.hops).toHaveLength(2);
    expect(route!.hops[0]).toMatchObject({ from: 'north', link: 'satellites:polar', channel: 'satellite' });
    expect(route!.arrivalMs - NOW_MS).toBeGreaterThan(20 * 60_000);
    expect(route!.expiresMs).toBe(route!.hops[0]!.closesMs);
    const { contacts } = await network.contacts({ from: 'north' });
    expect(contacts.length).toBeGreaterThan(10);
  });

  test('pass over nodes that are registered after them, and no more when they are gone', async () => {
    await network.putConstellation(request);
    await network.putNode(node('north', kiruna));
    expect((await network.contacts({ from: 'north' })).contacts.length).toBeGreaterThan(0);
    await network.removeConstellation('polar');
    expect((await network.contacts({ from: 'north' })).contacts).toEqual([]);
  });

  test('pass on to each other where they can', async () => {
    const near = { ...polar, name: 'POLAR 3', catalogNumber: '90003', anomalyDeg: 10 };
    const interSatellite = { rateBitsPerSecond: 1e7 };
    await network.putConstellation({ ...request, tle: textOf(polar, near), interSatellite });
    const { route } = await network.routes({ from: 'POLAR 1', to: 'POLAR 3' });
    expect(route!.hops).toEqual([expect.objectContaining({ link: 'satellites:polar' })]);
  });

  test('are refused where working them out would take too long', async () => {
    const many = (count: number) =>
      textOf(
        ...Array.from({ length: count }, (_, at) => ({
          ...polar,
          name: `S${at}`,
          catalogNumber: String(10_000 + at),
        })),
      );
    await file(
      Array.from({ length: 500 }, (_, at) => node(`n${at}`, { ...kiruna, longitudeDegrees: at / 2 })),
    );
    await expect(network.putConstellation({ ...request, tle: many(31) })).rejects.toThrow(
      /15500 pairs of a satellite and a node with a position \(31 times 500\); 15000 are the most/,
    );
    const interSatellite = { rateBitsPerSecond: 1e6 };
    const meshed = { ...request, tle: many(61), interSatellite };
    await expect(network.putConstellation(meshed)).rejects.toThrow(/says not which of them can point/);
    await file([...Array(500).keys()].map((at) => node(`n${at}`)));
    await network.putConstellation({ ...request, tle: many(60), interSatellite });
    const other = { ...request, name: 'other', tle: many(30), interSatellite };
    await expect(network.putConstellation(other)).rejects.toThrow(
      /2205 pairs of satellites .*; 2000 are the most/,
    );
  });

  test('let others in while they are flown', async () => {
    let slept = 0;
    const patient = createNetwork({
      network: store.network,
      clock: { now: () => (time.nowMs += 5), sleep: async () => void slept++ },
      ids: { next: () => 'txt_x' },
    });
    await file([node('north', kiruna)]);
    const many = Array.from({ length: 20 }, (_, at) => ({
      ...polar,
      name: `S${at}`,
      catalogNumber: String(10_000 + at),
    }));
    await patient.putConstellation({ ...request, tle: textOf(...many) });
    await patient.contacts({ from: 'north' });
    expect(slept).toBeGreaterThanOrEqual(4);
    const before = slept;
    await Promise.all([patient.contacts({ from: 'north' }), patient.contacts({ from: 'north' })]);
    expect(slept, 'flown once').toBe(before);
  });

  test.each<[string, object, RegExp]>([
    [
      'with a wrong checksum',
      { tle: tle.replace(/\d(?=\n2 )/, (digit) => String((Number(digit) + 1) % 10)) },
      /polar:\d+: the checksum/,
    ],
    ['that are no element sets', { tle: 'hello\n' }, /followed by no element set|neither/],
  ])('are refused %s', async (_, more, reason) => {
    await expect(network.putConstellation({ ...request, ...more })).rejects.toThrow(reason);
    expect((await network.registered()).version).toBe(0);
  });

  test('are refused where none can be flown any more', async () => {
    time.nowMs = EPOCH_MS + 4000 * 24 * HOUR_MS;
    await expect(network.putConstellation(request)).rejects.toThrow(/no satellite that can be flown now/);
  });

  test('are refused under the name of a node on the ground', async () => {
    const clashing = { ...request, tle: textOf({ ...polar, name: 'north' }) };
    await network.putConstellation(clashing);
    await expect(network.putNode(node('north', kiruna))).rejects.toThrow(Conflict);
    expect(await network.putNode(node('north')), 'in orbit').toMatchObject({ created: true });
  });
});
