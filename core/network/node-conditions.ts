/** The conditions of nodes, from what is measured of the links between each and its neighbours. */
import { isUsable } from '../link-health/state.ts';
import { ConditionTracker, type NodeCondition } from '../node/condition-tracker.ts';
import type { NodeLink } from '../node/condition.ts';
import type { MeasuredLink, NodeReport } from '../ports/network-store.ts';
import type { Registered } from './network.ts';

export class NodeConditions {
  readonly #trackers = new Map<string, ConditionTracker>();

  /** Of the nodes of which something was measured. The oftener it is asked, the nearer are the times that it tells. */
  observe(
    { links }: Pick<Registered, 'links'>,
    states: readonly MeasuredLink[],
    reports: readonly NodeReport[],
    nowMs: number,
  ): Map<string, NodeCondition> {
    const measured = new Map(states.map((state) => [state.linkId, state] as const));
    const linksOf = new Map<string, (NodeLink & { atMs: number })[]>();
    for (const { id: linkId, from, to, channel, rateBitsPerSecond } of links) {
      const state = measured.get(linkId);
      if (state === undefined) continue;
      const link = { linkId, channel, state, nominalRateBitsPerSecond: rateBitsPerSecond, atMs: state.atMs };
      for (const end of [from, to]) linksOf.set(end, [...(linksOf.get(end) ?? []), link]);
    }
    for (const id of this.#trackers.keys()) if (!linksOf.has(id)) this.#trackers.delete(id);
    const reported = new Map(reports.map(({ nodeId, atMs }) => [nodeId, atMs] as const));
    const conditions = new Map<string, NodeCondition>();
    for (const [id, own] of linksOf) {
      const alive = own.filter(({ state }) => isUsable(state)).map(({ atMs }) => atMs);
      const heardMs = Math.max(reported.get(id) ?? -Infinity, ...alive);
      const tracker = this.#trackers.get(id) ?? new ConditionTracker();
      this.#trackers.set(id, tracker);
      // Channels that were just connected prove themselves one after the other: nothing is concluded from the first alone.
      const isNew = tracker.get(nowMs) === undefined;
      if (isNew && own.some(({ state }) => state.status === 'opening')) continue;
      tracker.observe({ links: own, heardMs }, nowMs);
      const condition = tracker.get(nowMs);
      if (condition !== undefined) conditions.set(id, condition);
    }
    return conditions;
  }
}
