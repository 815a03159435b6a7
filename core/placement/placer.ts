/** Places tasks on the nodes of the network as it is registered and measured now. */
import { InvalidInput } from '../errors.ts';
import { canonicalJson, type JsonValue } from '../json.ts';
import type { NetworkNode } from '../network/network.ts';
import type { NetworkSnapshot, NetworkSnapshots } from '../network/view.ts';
import type { Clock } from '../ports/clock.ts';
import type { NetworkStore, NodeReport } from '../ports/network-store.ts';
import type { TaskTypes } from '../ports/task-types.ts';
import type { Turns } from '../ports/turns.ts';
import { eligible, preferred } from './candidates.ts';
import { besides, choose } from './choose.ts';
import { Loads } from './loads.ts';
import type { Candidate, Placed, PlacementRequest, Placer, Refused } from './placement.ts';
import type { RunTimes } from './run-times.ts';
import { wayTo } from './ways.ts';

export interface PlacerPorts {
  here: Here;
  types: Pick<TaskTypes, 'find'>;
  clock: Pick<Clock, 'now'>;
  /** @default all tasks take no time */
  runTimes?: Pick<RunTimes, 'expectedMs'>;
  /** Absent on a host that sends no work to other nodes: it is the only one. */
  others?: {
    network: NetworkSnapshots;
    reports: Pick<NetworkStore, 'nodeReports'>;
    turns: Turns;
  };
}

/** This host, as one of the nodes. */
export interface Here {
  id: string;
  /** Beside those that it is registered with. */
  capabilities: readonly string[];
}

const HOUR_MS = 3_600_000;
/** Contacts are looked for so far ahead, and farther only where nothing is found and an answer is waited for that long. */
const HOURS = 24;
const HOURS_MAX = 168;

export function createPlacer({ here, types, clock, runTimes, others }: PlacerPorts): Placer {
  const loads = new Loads();
  return {
    async place(request) {
      const near = await look(request, HOURS);
      if (near.kind !== 'none' || request.lifetimeMs <= HOURS * HOUR_MS || !others) return near;
      try {
        return await look(request, Math.min(HOURS_MAX, Math.ceil(request.lifetimeMs / HOUR_MS)));
      } catch (error) {
        // The passes of so many satellites are not worked out so far ahead.
        if (error instanceof InvalidInput) return near;
        throw error;
      }
    },
  };

  async function look(request: PlacementRequest, hours: number): Promise<Placed> {
    const network = await others?.network.snapshot(hours);
    const reports = await reported();
    const { able, refused } = eligible(
      withHere(network?.nodes ?? [], reports),
      request,
      others ? undefined : 'is out of reach: this host sends no work to other nodes',
    );
    const reached: Candidate[] = [];
    for (const node of able) {
      const found = await candidate(node, network, request);
      if ('why' in found) refused.push(found);
      else reached.push(found);
    }
    const { candidates, avoided } = preferred(reached, request.avoid);
    const reasons = [...refused, ...avoided];
    if (candidates.length === 0) return { kind: 'none', reason: nobody(request, reasons) };
    const known = candidates.map((one) => ({ ...one, running: loads.running(one.id, reports.get(one.id)) }));
    const { chosen, reason } = choose(known, request.placement, await turnOf(request, known.length), reasons);
    const { id: node, way } = chosen;
    loads.placed(node, reports.get(node));
    if (way === undefined) return { kind: 'here', node, reason };
    return { kind: 'node', node, reason, ...way };
  }

  async function reported(): Promise<ReadonlyMap<string, NodeReport>> {
    const reports = (await others?.reports.nodeReports()) ?? [];
    return new Map(reports.map((report) => [report.nodeId, report]));
  }

  /** This host is one of the nodes, registered or not; what the others offer is what they last said. */
  function withHere(nodes: readonly NetworkNode[], reports: ReadonlyMap<string, NodeReport>): NetworkNode[] {
    const registered = nodes.find(({ id }) => id === here.id);
    const capabilities = [...new Set([...(registered?.capabilities ?? []), ...here.capabilities])];
    const own: NetworkNode = { kind: 'cloud', ...registered, id: here.id, capabilities, types: undefined };
    const rest = nodes.filter(({ id }) => id !== here.id);
    return [...rest.map((node) => ({ ...node, types: reports.get(node.id)?.taskTypes ?? node.types })), own];
  }

  async function candidate(
    { id, concurrency }: NetworkNode,
    network: NetworkSnapshot | undefined,
    request: PlacementRequest,
  ): Promise<Candidate | Refused> {
    const nowMs = clock.now();
    const { taskType } = request;
    const ranMs = taskType === undefined ? 0 : (runTimes?.expectedMs(id, taskType) ?? 0);
    if (id !== here.id) {
      const way = wayTo(network!, { here: here.id, node: id, nowMs, ranMs }, request);
      return { id, concurrency, ...way };
    }
    if (taskType !== undefined && (await types.find(taskType)) === undefined)
      return { id, why: `does not offer the type "${taskType}"` };
    return { id, concurrency, answerMs: nowMs + ranMs };
  }

  async function turnOf({ placement }: PlacementRequest, candidates: number): Promise<number> {
    const { strategy, sticky, nodes = null, capabilities = null } = placement;
    if (!others || strategy !== 'round-robin' || sticky !== undefined || candidates < 2) return 0;
    return others.turns.next(canonicalJson([nodes, capabilities] as JsonValue));
  }
}

function nobody({ placement }: PlacementRequest, refused: readonly Refused[]): string {
  const { capabilities } = placement;
  const wanted = capabilities === undefined ? 'it' : `what needs ${capabilities.join(', ')}`;
  return `no node can run ${wanted}: ${besides(refused, 'none is registered')}. It is tried again when the network changes: register a node that can, or mend the way there`;
}
