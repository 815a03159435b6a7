/** The network's use cases over the real store, with a clock that stands where it is put. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openStore } from '../../adapters/embedded/store.ts';
import type { NetworkOperations } from '../../core/api/network-operations.ts';
import { InvalidRequest } from '../../core/api/problem.ts';
import { Conflict, InvalidInput, NotFound } from '../../core/errors.ts';
import { linkState } from '../../core/link-health/state.ts';
import type { NetworkLink, NetworkNode, Position } from '../../core/network/network.ts';
import type { MeasuredLink } from '../../core/ports/network-store.ts';
import { createNetwork } from '../../lambdas/network/network.ts';
import { EPOCH_MS, textOf } from '../core/contact-plan/orbit/elements.ts';

const HOUR_MS = 3_600_000;
const NOW_MS = EPOCH_MS + HOUR_MS;

let store: ReturnType<typeof openStore>;
let network: NetworkOperations;
let nowMs: number;
beforeEach(() => {
  nowMs = NOW_MS;
  let made = 0;
  store = openStore({ dataDir: ':memory:' });
  network = createNetwork({
    network: store.network,
    clock: { now: () => nowMs, sleep: async () => undefined },
    ids: { next: (prefix) => `${prefix}_${made++}` },
  });
});
afterEach(() => store.close());

const node = (id: string, position?: Position): NetworkNode => ({
  id,
  kind: 'edge',
  capabilities: [],
  ...(position && { position }),
});
const link = (id: string, from: string, to: string, more: Partial<NetworkLink> = {}): NetworkLink => ({
  id,
  from,
  to,
  channel: 'primary',
  rateBitsPerSecond: 8000,
  delayMs: 100,
  ...more,
});
const measured = (linkId: string, more: Partial<MeasuredLink>): MeasuredLink => ({
  linkId,
  atMs: nowMs,
  ...linkState('up', { sinceMs: nowMs }),
  ...more,
});
const file = (nodes: NetworkNode[], links: NetworkLink[] = []) =>
  network.putNetwork({ text: JSON.stringify({ nodes, links }) });
const names = (hops: readonly { from: string; to: string }[]) => [hops[0]?.from, ...hops.map(({ to }) => to)];
const ION = (lines: string) => lines.trim().replaceAll(/^ +/gm, '');

describe('a network file', () => {
  test('is put as a whole, and a second time changes nothing', async () => {
    const text = `
nodes:
  - { id: hq, kind: cloud }
  - { id: site, kind: edge, capabilities: [camera], position: { latitudeDegrees: 67.86, longitudeDegrees: 20.22 } }
links:
  - { id: fibre, from: hq, to: site, channel: primary, rateBitsPerSecond: 1e6, delayMs: 12 }
`;
    expect(await network.putNetwork({ text, format: 'yaml' })).toMatchObject({ changed: true });
    expect(await network.putNetwork({ text })).toMatchObject({ changed: false, registered: { version: 1 } });
    const { nodes, links } = await network.registered();
    expect(nodes).toEqual([
      { id: 'hq', kind: 'cloud', capabilities: [] },
      {
        id: 'site',
        kind: 'edge',
        capabilities: ['camera'],
        position: { latitudeDegrees: 67.86, longitudeDegrees: 20.22, altitudeM: 0 },
      },
    ]);
    expect(links).toEqual([link('fibre', 'hq', 'site', { rateBitsPerSecond: 1e6, delayMs: 12 })]);
  });

  test('leaves what it does not name, and replaces what it does', async () => {
    await file([node('a'), node('b')], [link('ab', 'a', 'b')]);
    await file([{ ...node('b'), concurrency: 3 }], [link('ba', 'b', 'a')]);
    const { nodes, links, version } = await network.registered();
    expect(nodes).toEqual([node('a'), { ...node('b'), concurrency: 3 }]);
    expect(links.map(({ id }) => id)).toEqual(['ab', 'ba']);
    expect(version).toBe(2);
  });

  test.each<[string, object | string, string, RegExp]>([
    [
      'a kind that there is not',
      { nodes: [node('a'), { ...node('b'), kind: 'egde' }] },
      'nodes[1].kind',
      /"edge"/,
    ],
    [
      'a field that there is not',
      { nodes: [{ ...node('a'), capabilites: [] }] },
      'nodes[0].capabilites',
      /capabilities/,
    ],
    ['an id that no topic takes', { nodes: [node('a/b')] }, 'nodes[0].id', /matches/],
    [
      'a latitude beyond the pole',
      { nodes: [node('a', { latitudeDegrees: 91, longitudeDegrees: 0, altitudeM: 0 })] },
      'nodes[0].position.latitudeDegrees',
      /90/,
    ],
    [
      'a negative delay',
      { nodes: [node('a'), node('b')], links: [link('l', 'a', 'b', { delayMs: -1 })] },
      'links[0].delayMs',
      /0/,
    ],
    [
      'a rate of nothing',
      { nodes: [node('a'), node('b')], links: [link('l', 'a', 'b', { rateBitsPerSecond: 0 })] },
      'links[0].rateBitsPerSecond',
      /0.001/,
    ],
    [
      'a link to nowhere',
      { nodes: [node('base')], links: [link('l', 'base', 'bsae')] },
      'links[0].to',
      /Did you mean "base"/,
    ],
    ['a link in a circle', { nodes: [node('a')], links: [link('l', 'a', 'a')] }, 'links[0].to', /two nodes/],
    ['one id twice', { nodes: [node('a'), node('b'), node('a')] }, 'nodes[2].id', /Keep one/],
    ['what is no JSON', '{"nodes": [', '(document)', /./],
  ])('is refused whole with %s', async (_, document, path, fix) => {
    const text = typeof document === 'string' ? document : JSON.stringify(document);
    const error = await network.putNetwork({ text, format: 'json' }).catch((refused: unknown) => refused);
    expect(error).toBeInstanceOf(InvalidRequest);
    const issue = (error as InvalidRequest).issues.find((each) => each.path === path);
    expect(issue, JSON.stringify((error as InvalidRequest).issues)).toBeDefined();
    expect(issue!.fix).toMatch(fix);
    expect(await network.registered()).toMatchObject({ version: 0, nodes: [] });
  });

  test.each([
    ['empty', '  \n'],
    ['of nothing', '{}'],
  ])('is refused where it is %s', async (_, text) => {
    await expect(network.putNetwork({ text, format: 'yaml' })).rejects.toThrow(InvalidInput);
  });

  test('may not make the network too large', async () => {
    await file(Array.from({ length: 5000 }, (_, at) => node(`n${at}`)));
    await expect(network.putNode(node('one-more'))).rejects.toThrow(
      'That would make 5001 nodes; 5000 are the most.',
    );
  });
});

describe('nodes and links', () => {
  test('tell whether there was one of their id before', async () => {
    expect(await network.putNode(node('a'))).toMatchObject({ created: true });
    expect(await network.putNode({ ...node('a'), concurrency: 2 })).toMatchObject({ created: false });
    expect((await network.registered()).nodes).toEqual([{ ...node('a'), concurrency: 2 }]);
  });

  test('refuse to leave links in the air', async () => {
    await file([node('a'), node('b')], [link('ab', 'a', 'b')]);
    await expect(network.removeNode('b')).rejects.toThrow(Conflict);
    await expect(network.removeNode('b')).rejects.toThrow('The link ab would lead nowhere');
    await network.removeLink('ab');
    await network.removeNode('b');
    expect((await network.registered()).nodes).toEqual([node('a')]);
    await expect(network.removeNode('b')).rejects.toThrow(NotFound);
    await expect(network.removeLink('ab')).rejects.toThrow(NotFound);
  });

  test('fail for a second link that is on the same contacts', async () => {
    await file([node('a'), node('b')], [link('one', 'a', 'b', { viaContacts: true })]);
    const two = network.putLink(link('two', 'a', 'b', { viaContacts: true }));
    await expect(two).rejects.toThrow(/one and two from a to b are both "viaContacts"/);
  });
});

describe('routes', () => {
  beforeEach(() =>
    file(
      [node('a'), node('b'), node('c'), node('d'), node('alone')],
      [
        link('ab', 'a', 'b'),
        link('bd', 'b', 'd'),
        link('ac', 'a', 'c', { channel: 'secondary', delayMs: 400, riskGroups: ['mast'] }),
        link('cd', 'c', 'd', { channel: 'secondary', delayMs: 400, riskGroups: ['mast'] }),
      ],
    ),
  );

  test('arrive after sending and delay of each hop', async () => {
    const { route, version, atMs } = await network.routes({ from: 'a', to: 'd', sizeBytes: 1000 });
    expect({ version, atMs }).toEqual({ version: 1, atMs: NOW_MS });
    expect(route).toEqual({
      arrivalMs: NOW_MS + 2 * (1000 + 100),
      hops: [
        { from: 'a', to: 'b', link: 'ab', channel: 'primary', departMs: NOW_MS, arriveMs: NOW_MS + 1100 },
        {
          from: 'b',
          to: 'd',
          link: 'bd',
          channel: 'primary',
          departMs: NOW_MS + 1100,
          arriveMs: NOW_MS + 2200,
        },
      ],
    });
  });

  test('lead nowhere from a node to itself', async () => {
    expect((await network.routes({ from: 'a', to: 'a' })).route).toEqual({ arrivalMs: NOW_MS, hops: [] });
  });

  test('come with others, and with a pair that fails together nowhere', async () => {
    const asked = { from: 'a', to: 'd', alternatives: 5, disjoint: true };
    const { alternatives, disjoint } = await network.routes(asked);
    expect(alternatives.map(({ hops }) => names(hops))).toEqual([['a', 'c', 'd']]);
    expect(disjoint!.routes.map(({ hops }) => names(hops))).toEqual([
      ['a', 'b', 'd'],
      ['a', 'c', 'd'],
    ]);
    await network.putLink(link('bd', 'b', 'd', { riskGroups: ['mast'] }));
    const after = await network.routes(asked);
    expect(after.disjoint).toEqual({ routes: [], reason: expect.stringContaining('share') });
  });

  test('take another way while a link is down, and the first again when it is up', async () => {
    const way = async (atMs?: number) =>
      names((await network.routes({ from: 'a', to: 'd', atMs })).route!.hops);
    await store.network.putLinkState(measured('ab', { status: 'down' }));
    expect(await way()).toEqual(['a', 'c', 'd']);
    expect(await way(NOW_MS + 2 * HOUR_MS), 'by then it is planned to work').toEqual(['a', 'b', 'd']);
    await store.network.putLinkState(measured('ab', { atMs: nowMs + 1 }));
    expect(await way()).toEqual(['a', 'b', 'd']);
  });

  test('avoid a link that is slower than planned', async () => {
    await store.network.putLinkState(measured('bd', { rateBitsPerSecond: 800, isDegraded: true }));
    const large = await network.routes({ from: 'a', to: 'd', sizeBytes: 1000 });
    expect(names(large.route!.hops)).toEqual(['a', 'c', 'd']);
    await store.network.putLinkState(measured('bd', { atMs: nowMs + 1, rttMs: 5000 }));
    const small = await network.routes({ from: 'a', to: 'd' });
    expect(names(small.route!.hops)).toEqual(['a', 'c', 'd']);
  });

  test.each<[string, string, object, RegExp]>([
    [
      'd',
      'a',
      {},
      /"a" is known, but nothing reaches it before 2.*Z: no chain of links and contacts leads there from "d"\.$/,
    ],
    ['a', 'alone', {}, /and it has no link\.$/],
    ['a', 'd', { sizeBytes: 1e9 }, /"d" is reached by .*Z, but no way there carries 1000000000 bytes before/],
  ])('say why there is none from %s to %s', async (from, to, more, reason) => {
    const answer = await network.routes({ from, to, ...more });
    expect(answer.route).toBeUndefined();
    expect(answer.reason).toMatch(reason);
  });

  test('say which links are down where that is why', async () => {
    await store.network.putLinkState(measured('ab', { status: 'down' }));
    await store.network.putLinkState(measured('cd', { status: 'down' }));
    const { route, reason } = await network.routes({ from: 'a', to: 'd' });
    expect(route).toBeUndefined();
    expect(reason).toMatch(/nothing reaches it before .* while ab is down/);
  });

  test('fail for a node that nobody knows', async () => {
    await expect(network.routes({ from: 'a', to: 'alnoe' })).rejects.toThrow(NotFound);
    await expect(network.routes({ from: 'a', to: 'd', atMs: -1 })).rejects.toThrow(InvalidInput);
  });
});

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
      clock: { now: () => (nowMs += 5), sleep: async () => void slept++ },
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
    nowMs = EPOCH_MS + 4000 * 24 * HOUR_MS;
    await expect(network.putConstellation(request)).rejects.toThrow(/no satellite that can be flown now/);
  });

  test('are refused under the name of a node on the ground', async () => {
    const clashing = { ...request, tle: textOf({ ...polar, name: 'north' }) };
    await network.putConstellation(clashing);
    await expect(network.putNode(node('north', kiruna))).rejects.toThrow(Conflict);
    expect(await network.putNode(node('north')), 'in orbit').toMatchObject({ created: true });
  });
});
