/** What every `NetworkStore` keeps to. */
import { beforeEach, describe, expect, it } from 'vitest';
import { Conflict } from '../../core/errors.ts';
import { linkState } from '../../core/link-health/state.ts';
import type { NetworkLink, NetworkNode, StoredPlan } from '../../core/network/network.ts';
import type { MeasuredLink, NetworkStore, ToldLink, ToldLinks } from '../../core/ports/network-store.ts';

const node = (id: string): NetworkNode => ({ id, kind: 'edge', capabilities: ['camera'] });
const link = (id: string, from: string, to: string): NetworkLink => ({
  id,
  from,
  to,
  channel: 'primary',
  rateBitsPerSecond: 1e6,
  delayMs: 20.5,
});
const plan = (name: string, textId: string): StoredPlan => ({
  name,
  textId,
  sha256: 'f'.repeat(64),
  nodes: ['a', 'b'],
  startsMs: 0,
  format: 'ion',
  contacts: 1,
});
const state = (linkId: string, atMs: number, status: MeasuredLink['status'] = 'up'): MeasuredLink => ({
  linkId,
  atMs,
  ...linkState(status, {
    sinceMs: atMs - 1000,
    lossRatio: 0.25,
    rttMs: 41.5,
    reasons: ['nothing came back for 3 s'],
  }),
});
const byLink = (states: MeasuredLink[]) => states.sort((a, b) => (a.linkId < b.linkId ? -1 : 1));

export interface OpenedNetwork {
  store: NetworkStore;
  close(): Promise<void> | void;
}

/** `open` gives an empty one each time. */
export function networkStoreSuite(name: string, open: () => Promise<OpenedNetwork> | OpenedNetwork): void {
  describe(`${name} as NetworkStore`, () => {
    let opened: OpenedNetwork;
    let store: NetworkStore;
    beforeEach(async () => {
      opened = await open();
      store = opened.store;
      return () => opened.close();
    });

    it('begins with nothing, at version 0', async () => {
      expect(await store.version()).toBe(0);
      expect(await store.registered()).toEqual({
        version: 0,
        nodes: [],
        links: [],
        constellations: [],
        plans: [],
      });
      expect(await store.linkStates()).toEqual([]);
      expect(await store.text('txt_1')).toBeUndefined();
    });

    it('replaces the lists that an edit names, and keeps the others', async () => {
      await store.change(() => ({ nodes: [node('a'), node('b')], links: [link('ab', 'a', 'b')] }));
      const changed = await store.change((standing) => ({ nodes: [...standing.nodes, node('c')] }));
      expect(changed).toEqual({
        version: 2,
        nodes: [node('a'), node('b'), node('c')],
        links: [link('ab', 'a', 'b')],
        constellations: [],
        plans: [],
      });
      expect(await store.registered()).toEqual(changed);
      expect(await store.version()).toBe(2);
    });

    it('stays at its version where an edit changes nothing', async () => {
      await store.change(() => ({ nodes: [node('a')] }));
      expect(await store.change(() => undefined)).toMatchObject({ version: 1, nodes: [node('a')] });
      expect(await store.version()).toBe(1);
    });

    it('refuses what the edit refuses, and stays as it was', async () => {
      await store.change(() => ({ nodes: [node('a')] }));
      const refused = store.change(() => {
        throw new Conflict('No.', 'Never.');
      });
      await expect(refused).rejects.toThrow(Conflict);
      expect(await store.registered()).toMatchObject({ version: 1, nodes: [node('a')] });
    });

    it('loses none of many changes at once', async () => {
      const ids = Array.from({ length: 8 }, (_, at) => `n${at}`);
      await Promise.all(
        ids.map((id) => store.change((standing) => ({ nodes: [...standing.nodes, node(id)] }))),
      );
      const { version, nodes } = await store.registered();
      expect(version).toBe(8);
      expect(nodes.map(({ id }) => id).sort()).toEqual(ids);
    });

    it('keeps texts as long as something names them', async () => {
      const text = `a contact 0 60 a b 1000\n${'# ü\n'.repeat(300_000)}`;
      await store.change(() => ({ plans: [plan('p', 'txt_1')], texts: { txt_1: text } }));
      expect((await store.text('txt_1')) === text).toBe(true);
      await store.change(() => ({ plans: [plan('p', 'txt_2')], texts: { txt_2: 'other' } }));
      expect(await store.text('txt_1')).toBeUndefined();
      expect(await store.text('txt_2')).toBe('other');
      await store.change(() => ({ nodes: [node('a')] }));
      expect(await store.text('txt_2')).toBe('other');
      await store.change(() => ({ plans: [] }));
      expect(await store.text('txt_2')).toBeUndefined();
    });

    it('keeps a network that no item or page holds', async () => {
      const nodes = Array.from({ length: 5000 }, (_, at): NetworkNode => {
        const random = (salt: number) => `${Math.imul(at * 7 + salt, 2654435761) >>> 0}`;
        return { ...node(`n${random(1)}-${at}`), capabilities: [0, 1, 2, 3, 4, 5, 6, 7].map(random) };
      });
      await store.change(() => ({ nodes }));
      expect((await store.registered()).nodes).toEqual(nodes);
    });

    it('keeps the newest that was measured of each link', async () => {
      await store.change(() => ({
        nodes: [node('a'), node('b')],
        links: [link('ab', 'a', 'b'), link('ba', 'b', 'a')],
      }));
      expect(await store.putLinkState(state('ab', 2000))).toBe(true);
      expect(await store.putLinkState(state('ba', 1000, 'down'))).toBe(true);
      expect(await store.putLinkState(state('ab', 1500, 'down'))).toBe(false);
      expect(await store.putLinkState(state('ba', 3000))).toBe(true);
      expect(byLink(await store.linkStates())).toEqual([state('ab', 2000), state('ba', 3000)]);
      expect(await store.version()).toBe(1);
    });

    it('forgets what was measured of a link that is gone', async () => {
      await store.change(() => ({ links: [link('ab', 'a', 'b'), link('ba', 'b', 'a')] }));
      await store.putLinkState(state('ab', 1000));
      await store.putLinkState(state('ba', 1000));
      await store.change(() => ({ links: [link('ba', 'b', 'a')] }));
      expect(await store.linkStates()).toEqual([state('ba', 1000)]);
    });

    it('keeps the newest that each node said of itself, as long as the node is registered', async () => {
      const report = (nodeId: string, atMs: number, load = 0) => ({
        nodeId,
        atMs,
        taskTypes: ['echo'],
        load,
      });
      await store.change(() => ({ nodes: [node('a'), node('b')] }));
      expect(await store.putNodeReport(report('a', 2000, 3))).toBe(true);
      expect(await store.putNodeReport(report('b', 1000))).toBe(true);
      expect(await store.putNodeReport(report('a', 1500))).toBe(false);
      const sorted = (await store.nodeReports()).sort((x, y) => (x.nodeId < y.nodeId ? -1 : 1));
      expect(sorted).toEqual([report('a', 2000, 3), report('b', 1000)]);
      await store.change(() => ({ nodes: [node('b')] }));
      expect(await store.nodeReports()).toEqual([report('b', 1000)]);
    });

    it('keeps the newest that each node was told of links, as long as the node is registered', async () => {
      const told = (nodeId: string, atMs: number, ...links: [string, ToldLink][]): ToldLinks => ({
        nodeId,
        atMs,
        links: new Map(links),
      });
      const down = { gist: 'down', atMs: 500 } as const;
      await store.change(() => ({ nodes: [node('a'), node('b')] }));
      expect(await store.toldLinks()).toEqual([]);
      const constructor = told('a', 2000, ['constructor', down], ['ab', { gist: 'closed', atMs: 2000 }]);
      expect(await store.putToldLinks(constructor)).toBe(true);
      expect(await store.putToldLinks(told('b', 1000))).toBe(true);
      expect(await store.putToldLinks(told('a', 1500))).toBe(false);
      const sorted = async () => (await store.toldLinks()).sort((x, y) => (x.nodeId < y.nodeId ? -1 : 1));
      expect(await sorted()).toEqual([constructor, told('b', 1000)]);
      const cutOff = { ...constructor, links: undefined };
      expect(await store.putToldLinks(cutOff)).toBe(true);
      expect(await sorted()).toEqual([cutOff, told('b', 1000)]);
      await store.change(() => ({ nodes: [node('b')] }));
      expect(await store.toldLinks()).toEqual([told('b', 1000)]);
    });
  });
}
