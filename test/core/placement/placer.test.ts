import { describe, expect, it } from 'vitest';
import { openStore } from '../../../adapters/embedded/store.ts';
import { MemoryTurns } from '../../../adapters/embedded/turns.ts';
import type { NetworkLink, NetworkNode } from '../../../core/network/network.ts';
import { createNetworkView } from '../../../core/network/view.ts';
import type { PlacementRequest } from '../../../core/placement/placement.ts';
import { RunTimes } from '../../../core/placement/run-times.ts';
import { createPlacer, type PlacerPorts } from '../../../core/placement/placer.ts';
import { VirtualClock } from '../../embedded/virtual-clock.ts';

const HOUR_MS = 3_600_000;
const node = (id: string, ...capabilities: string[]): NetworkNode => ({ id, kind: 'edge', capabilities });
const ways = (id: string, delayMs: number): NetworkLink[] =>
  [
    ['hub', id],
    [id, 'hub'],
  ].map(([from, to]) => ({
    id: `${from}-${to}`,
    from: from!,
    to: to!,
    channel: 'primary' as const,
    rateBitsPerSecond: 8000,
    delayMs,
  }));

async function open(nodes: NetworkNode[], links: NetworkLink[], more: Partial<PlacerPorts> = {}) {
  const { network } = openStore({ dataDir: ':memory:' });
  const clock = new VirtualClock();
  await network.change(() => ({ nodes, links }));
  const placer = createPlacer({
    here: { id: 'hub', capabilities: ['desk'] },
    types: { find: async (type) => (type === 'echo' ? { type, functionName: type } : undefined) },
    clock,
    others: { network: createNetworkView({ network, clock }), reports: network, turns: new MemoryTurns() },
    ...more,
  });
  const place = (
    placement: Partial<PlacementRequest['placement']> = {},
    request: Partial<PlacementRequest> = {},
  ) =>
    placer.place({
      placement: { strategy: 'best-route', precedence: 'routine', ...placement },
      sizeBytes: 1000,
      lifetimeMs: HOUR_MS,
      avoid: [],
      ...request,
    });
  return { network, clock, place };
}

const TWO = [node('edge-1', 'camera'), node('edge-2', 'camera'), node('hub')];
const WAYS = [...ways('edge-1', 100), ...ways('edge-2', 5100)];

describe('placing a task', () => {
  it('takes the node that answers first, with what the type took there lately', async () => {
    const runTimes = new RunTimes();
    const { place, clock } = await open(TWO, WAYS, { runTimes });
    for (const ranMs of [50_000, 60_000, 10]) runTimes.ended('edge-1', 'echo', ranMs);
    runTimes.ended('edge-2', 'echo', 5000);
    runTimes.ended('edge-2', 'other', 500_000);
    const capabilities = ['camera'];
    expect(await place({ capabilities }, { taskType: 'echo' })).toMatchObject({
      node: 'edge-2',
      reason: 'chose edge-2 over edge-1: arrives 35 s sooner',
      arrivalMs: clock.now() + 6100,
    });
    expect(await place({ capabilities })).toMatchObject({ node: 'edge-1' });
  });

  it('goes where others took longer than its answer is waited for, if nowhere else', async () => {
    const runTimes = new RunTimes();
    const { place } = await open(TWO, WAYS, { runTimes });
    runTimes.ended('edge-1', 'echo', 2 * HOUR_MS);
    const taskType = 'echo';
    expect(await place({ nodes: ['edge-1'] }, { taskType })).toMatchObject({ node: 'edge-1' });
    expect(await place({ nodes: ['edge-1', 'edge-2'] }, { taskType })).toMatchObject({ node: 'edge-2' });
  });

  it('takes the node whose answer is expected first, there and back', async () => {
    const { place, clock } = await open(TWO, WAYS);
    expect(await place({ capabilities: ['camera'] })).toEqual({
      kind: 'node',
      node: 'edge-1',
      reason: 'chose edge-1 over edge-2: arrives 10 s sooner',
      path: ['hub', 'edge-1'],
      // 1,000 bytes at 8,000 bits a second, and the delay.
      arrivalMs: clock.now() + 1100,
    });
  });

  it('keeps here what this host can do, by its own capabilities and those that it is registered with', async () => {
    const { place } = await open([node('edge-1', 'desk'), node('hub', 'gpu')], ways('edge-1', 100));
    expect(await place({ capabilities: ['desk', 'gpu'] })).toEqual({
      kind: 'here',
      node: 'hub',
      reason: 'chose hub: edge-1 lacks gpu',
    });
    expect(await place({ capabilities: ['desk'] })).toMatchObject({ kind: 'here' });
  });

  it('asks a node for no handler that it did not say it offers', async () => {
    const { network, place, clock } = await open(TWO, WAYS);
    await network.putNodeReport({ nodeId: 'edge-1', atMs: clock.now(), taskTypes: ['paint'], load: 0 });
    const camera = { capabilities: ['camera'] };
    expect(await place(camera, { taskType: 'echo' })).toMatchObject({ node: 'edge-2' });
    expect(await place(camera, { taskType: 'paint' })).toMatchObject({ node: 'edge-1' });
    expect(await place({ nodes: ['hub'] }, { taskType: 'paint' })).toMatchObject({ kind: 'none' });
  });

  it('goes round by what is asked for, and to whoever has the least to do', async () => {
    const { network, place, clock } = await open(TWO, WAYS);
    const camera = { capabilities: ['camera'], strategy: 'round-robin' as const };
    const chosen = [];
    for (let turn = 0; turn < 4; turn++) chosen.push((await place(camera)) as { node: string });
    expect(chosen.map((one) => one.node)).toEqual(['edge-1', 'edge-2', 'edge-1', 'edge-2']);

    await network.putNodeReport({ nodeId: 'edge-1', atMs: clock.now() + 1, taskTypes: [], load: 2 });
    await network.putNodeReport({ nodeId: 'edge-2', atMs: clock.now() + 1, taskTypes: [], load: 0 });
    const least = { capabilities: ['camera'], strategy: 'least-loaded' as const };
    // What was sent since counts, until the node says anew.
    const next = [];
    for (let turn = 0; turn < 4; turn++) next.push((await place(least)) as { node: string });
    expect(next.map((one) => one.node)).toEqual(['edge-2', 'edge-2', 'edge-1', 'edge-2']);
  });

  it('leaves out what is not reached in time, with the reason', async () => {
    const { network, place, clock } = await open(TWO, WAYS);
    await network.putLinkState({
      linkId: 'hub-edge-1',
      atMs: clock.now(),
      status: 'down',
      sinceMs: clock.now(),
      isDegraded: false,
      lossRatio: 1,
      rttMs: undefined,
      rateBitsPerSecond: undefined,
      missedContacts: 0,
      reasons: [],
    });
    const camera = { capabilities: ['camera'] };
    expect(await place(camera)).toMatchObject({
      node: 'edge-2',
      reason: 'chose edge-2: hub lacks camera, edge-1 is not reached within 1 h',
    });
    expect(await place(camera, { lifetimeMs: 8000 })).toMatchObject({
      kind: 'none',
      reason: expect.stringContaining('edge-2 could not answer within 8 s'),
    });
    expect(await place(camera, { avoid: ['edge-2'] })).toMatchObject({ node: 'edge-2' });
  });

  it('is alone on a host that sends no work', async () => {
    const { place } = await open(TWO, WAYS, { others: undefined });
    expect(await place({ nodes: ['edge-1'] })).toEqual({
      kind: 'none',
      reason: expect.stringContaining('edge-1 is out of reach: this host sends no work to other nodes'),
    });
    expect(await place()).toMatchObject({ kind: 'here', reason: 'chose hub: the only node there is' });
  });
});
