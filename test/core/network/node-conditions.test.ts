import { describe, expect, test } from 'vitest';
import { linkState, type LinkStatus } from '../../../core/link-health/state.ts';
import { freshState, STALE_MS } from '../../../core/network/fresh.ts';
import type { NetworkLink } from '../../../core/network/network.ts';
import { NodeConditions } from '../../../core/network/node-conditions.ts';
import type { Channel } from '../../../core/node/node.ts';
import type { MeasuredLink } from '../../../core/ports/network-store.ts';

const link = (id: string, from: string, to: string, channel: Channel): NetworkLink => ({
  id,
  from,
  to,
  channel,
  rateBitsPerSecond: 1e6,
  delayMs: 5,
});

const links = [
  link('down', 'hub', 'edge', 'primary'),
  link('up', 'edge', 'hub', 'primary'),
  link('sat', 'hub', 'edge', 'satellite'),
  link('other', 'hub', 'far', 'primary'),
];

const state = (linkId: string, status: LinkStatus, atMs: number): MeasuredLink => ({
  ...linkState(status),
  linkId,
  atMs,
});

const conditionOf = (found: ReturnType<NodeConditions['observe']>) => found.get('edge')?.condition;

describe('conditions of nodes', () => {
  test('follow from what is measured of their links, and are not known of nodes without', () => {
    const conditions = new NodeConditions();
    const states = [state('down', 'up', 0), state('up', 'up', 0)];
    const found = conditions.observe({ links }, states, [], 0);
    expect([...found.keys()].sort()).toEqual(['edge', 'hub']);
    expect(conditionOf(found)).toBe('nominal');
  });

  test('get worse where a link stays down, and say since when', () => {
    const conditions = new NodeConditions();
    const at = (status: LinkStatus, nowMs: number) =>
      conditions.observe(
        { links },
        [state('down', status, nowMs), state('up', status, nowMs), state('sat', 'up', nowMs)],
        [],
        nowMs,
      );
    at('up', 0);
    expect(conditionOf(at('down', 1000))).toBe('nominal');
    expect(at('down', 6000).get('edge')).toMatchObject({ condition: 'satellite-only', sinceMs: 6000 });
    expect(conditionOf(at('up', 7000))).toBe('satellite-only');
    expect(conditionOf(at('up', 37_000))).toBe('nominal');
  });

  test('are not concluded from the first channel alone that proves itself', () => {
    const conditions = new NodeConditions();
    const first = [state('down', 'opening', 0), state('up', 'opening', 0), state('sat', 'up', 0)];
    expect(conditionOf(conditions.observe({ links }, first, [], 0))).toBeUndefined();
    const both = [state('down', 'up', 900), state('up', 'up', 900), state('sat', 'up', 900)];
    expect(conditionOf(conditions.observe({ links }, both, [], 900))).toBe('nominal');
  });

  test('end in offline, by way of denied, where nothing is heard of a node any more', () => {
    const conditions = new NodeConditions();
    const states = [state('down', 'up', 0), state('up', 'up', 0)];
    const at = (nowMs: number) =>
      conditionOf(
        conditions.observe(
          { links },
          states.map((one) => freshState(one, nowMs)),
          [{ nodeId: 'edge', atMs: 0, taskTypes: [], load: 0 }],
          nowMs,
        ),
      );
    expect(at(0)).toBe('nominal');
    expect(at(STALE_MS)).toBe('nominal');
    at(STALE_MS + 1);
    expect(at(STALE_MS + 6000)).toBe('denied');
    at(70_000);
    expect(at(80_000)).toBe('offline');
  });
});

describe('what nobody reports on any more', () => {
  test('is down, with the reason and since when; what is known to be down or closed stays so', () => {
    const up = state('up', 'up', 1000);
    expect(freshState(up, 1000 + STALE_MS)).toBe(up);
    expect(freshState(up, 2000 + STALE_MS)).toMatchObject({
      status: 'down',
      sinceMs: 1000 + STALE_MS,
      reasons: ['not reported on for 36 s'],
    });
    for (const status of ['down', 'closed'] as const) {
      const one = state('up', status, 0);
      expect(freshState(one, 1e9)).toBe(one);
    }
  });
});
