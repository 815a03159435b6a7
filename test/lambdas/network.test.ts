/** Networks that are registered, and routes over their links. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { NetworkOperations } from '../../core/api/network-operations.ts';
import { InvalidRequest } from '../../core/api/problem.ts';
import { Conflict, InvalidInput, NotFound } from '../../core/errors.ts';
import { HOUR_MS, link, names, node, NOW_MS, type OpenNetwork, useNetwork } from './open-network.ts';

let store: OpenNetwork['store'];
let network: NetworkOperations;
const { time, file, measured } = useNetwork((opened) => ({ store, network } = opened));

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
    await store.network.putLinkState(measured('ab', { atMs: time.nowMs + 1 }));
    expect(await way()).toEqual(['a', 'b', 'd']);
  });

  test('avoid a link that is slower than planned', async () => {
    await store.network.putLinkState(measured('bd', { rateBitsPerSecond: 800, isDegraded: true }));
    const large = await network.routes({ from: 'a', to: 'd', sizeBytes: 1000 });
    expect(names(large.route!.hops)).toEqual(['a', 'c', 'd']);
    await store.network.putLinkState(measured('bd', { atMs: time.nowMs + 1, rttMs: 5000 }));
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
