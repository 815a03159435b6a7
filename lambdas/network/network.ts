import type { NetworkOperations, NodeState, Put } from '../../core/api/network-operations.ts';
import {
  putConstellation,
  putFile,
  putPlan,
  removeLink,
  removeNode,
  removeStored,
} from '../../core/network/edit.ts';
import type { NetworkFile, Registered } from '../../core/network/network.ts';
import { freshState } from '../../core/network/fresh.ts';
import { NodeConditions } from '../../core/network/node-conditions.ts';
import { surveyPlan, surveySatellites } from '../../core/network/survey.ts';
import { createNetworkView } from '../../core/network/view.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Ids } from '../../core/ports/ids.ts';
import type { NetworkEdit, NetworkStore } from '../../core/ports/network-store.ts';

export interface NetworkPorts {
  network: NetworkStore;
  clock: Clock;
  ids: Pick<Ids, 'next'>;
}

/** Registers what users say of the network, and answers from it. */
export function createNetwork(ports: NetworkPorts): NetworkOperations {
  const { network, clock, ids } = ports;
  const conditions = new NodeConditions();
  const linkStates = async () => (await network.linkStates()).map((state) => freshState(state, clock.now()));

  /** `stood`: whether there was one before. */
  async function put<One>(
    one: One,
    stood: (standing: Registered) => boolean,
    edit: (standing: Registered) => NetworkEdit | undefined,
    notes: string[] = [],
  ): Promise<Put<One>> {
    let created = false;
    await network.change((standing) => {
      created = !stood(standing);
      return edit(standing);
    });
    return { put: one, created, notes };
  }

  const single = (file: Partial<NetworkFile>) => (standing: Registered) =>
    putFile(standing, { nodes: [], links: [], ...file }, 'The body', () => '');

  return {
    ...createNetworkView(ports),
    linkStates,
    async nodeStates() {
      const [registered, states, reports] = await Promise.all([
        network.registered(),
        linkStates(),
        network.nodeReports(),
      ]);
      const found = new Map<string, NodeState>(reports.map((report) => [report.nodeId, { report }]));
      for (const [id, condition] of conditions.observe(registered, states, reports, clock.now()))
        found.set(id, { ...found.get(id), condition });
      return found;
    },
    putNode: (node) => put(node, ({ nodes }) => has(nodes, node.id), single({ nodes: [node] })),
    putLink: (link) => put(link, ({ links }) => has(links, link.id), single({ links: [link] })),
    async putNetwork({ text, format, source = 'The body' }) {
      // Brings the readers of YAML.
      const { parseNetworkFile } = await import('../../core/network/parse-file.ts');
      const file = parseNetworkFile(text, format, source);
      let before = 0;
      const registered = await network.change((standing) => {
        before = standing.version;
        return putFile(standing, file, source, (list, index) => `${list}[${index}]`);
      });
      return { changed: registered.version !== before, registered };
    },
    async putConstellation(request) {
      const { stored, notes } = await surveySatellites(request, ids.next('txt'), clock.now());
      const edit = (standing: Registered) => putConstellation(standing, stored, request.tle);
      return put(stored, ({ constellations }) => named(constellations, stored.name), edit, notes);
    },
    async putPlan(request) {
      const { stored, notes } = surveyPlan(request, ids.next('txt'));
      const edit = (standing: Registered) => putPlan(standing, stored, request.plan);
      return put(stored, ({ plans }) => named(plans, stored.name), edit, notes);
    },
    removeNode: (id) => network.change((standing) => removeNode(standing, id)),
    removeLink: (id) => network.change((standing) => removeLink(standing, id)),
    removeConstellation: (name) =>
      network.change((standing) => removeStored(standing, 'constellations', name)),
    removePlan: (name) => network.change((standing) => removeStored(standing, 'plans', name)),
  };
}

const has = (list: readonly { id: string }[], id: string): boolean => list.some((one) => one.id === id);
const named = (list: readonly { name: string }[], name: string): boolean =>
  list.some((one) => one.name === name);
