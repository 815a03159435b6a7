/** What can be asked of the network that a host knows. */
import type { NodeCondition } from '../node/condition-tracker.ts';
import type { MeasuredLink, NodeReport } from '../ports/network-store.ts';
import type {
  ConstellationSettings,
  NetworkLink,
  NetworkNode,
  PlanSettings,
  Registered,
  StoredConstellation,
  StoredPlan,
} from '../network/network.ts';
import type { NetworkView } from '../network/view.ts';

export interface NetworkFileRequest {
  text: string;
  /** JSON is tried first when absent. */
  format?: 'json' | 'yaml';
  /** What messages call it: a file name. */
  source?: string;
}

export interface ConstellationRequest extends ConstellationSettings {
  name: string;
  /** Element sets. */
  tle: string;
}

export interface PlanRequest extends Partial<PlanSettings> {
  name: string;
  /** In any form that `parsePlan` reads. */
  plan: string;
}

/** What is known of a node beside what is registered. */
export interface NodeState {
  condition?: NodeCondition;
  report?: NodeReport;
}

/** What became of a request: `created` where there was none of its id or name before. */
export interface Put<One> {
  put: One;
  created: boolean;
  /** What was read and is not used as it was written, the first of it. */
  notes: string[];
}

/** A change that is repeated changes nothing more. */
export interface NetworkOperations extends NetworkView {
  /** A link that nobody reported on lately is down. */
  linkStates(): Promise<MeasuredLink[]>;
  /** By id, of the nodes that something is known of. */
  nodeStates(): Promise<ReadonlyMap<string, NodeState>>;
  putNode(node: NetworkNode): Promise<Put<NetworkNode>>;
  putLink(link: NetworkLink): Promise<Put<NetworkLink>>;
  /** All of a file or nothing; what it doesn't name stays. */
  putNetwork(request: NetworkFileRequest): Promise<{ changed: boolean; registered: Registered }>;
  putConstellation(request: ConstellationRequest): Promise<Put<StoredConstellation>>;
  putPlan(request: PlanRequest): Promise<Put<StoredPlan>>;
  removeNode(id: string): Promise<Registered>;
  removeLink(id: string): Promise<Registered>;
  removeConstellation(name: string): Promise<Registered>;
  removePlan(name: string): Promise<Registered>;
}
