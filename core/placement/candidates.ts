/** Who could run a task, by what is known of the nodes themselves. */
import type { NetworkNode } from '../network/network.ts';
import type { PlacementRequest, Refused } from './placement.ts';

type Asked = Pick<PlacementRequest, 'placement' | 'taskType'>;

/** Nodes that have what the placement asks for, by id, and why the others haven't. Of nodes that it doesn't name, nothing is said. */
export function eligible(
  nodes: readonly NetworkNode[],
  { placement, taskType }: Asked,
  unknown = 'is not registered',
): { able: NetworkNode[]; refused: Refused[] } {
  const { nodes: named, capabilities = [] } = placement;
  const known = new Map(nodes.map((node) => [node.id, node]));
  const asked = [...new Set(named ?? known.keys())].sort();
  const able: NetworkNode[] = [];
  const refused: Refused[] = [];
  for (const id of asked) {
    const node = known.get(id);
    const why = node === undefined ? unknown : lack(node, capabilities, taskType);
    if (why === undefined) able.push(node!);
    else refused.push({ id, why });
  }
  return { able, refused };
}

function lack(node: NetworkNode, capabilities: readonly string[], taskType?: string): string | undefined {
  const missing = capabilities.filter((capability) => !node.capabilities.includes(capability));
  if (missing.length > 0) return `lacks ${missing.join(', ')}`;
  if (taskType === undefined || node.types === undefined || node.types.includes(taskType)) return undefined;
  return `does not offer the type "${taskType}"`;
}

/** Those that the task has not failed on; all of them where there are no others. */
export function preferred<One extends { id: string }>(
  candidates: readonly One[],
  avoid: readonly string[],
): { candidates: readonly One[]; avoided: Refused[] } {
  const fresh = candidates.filter(({ id }) => !avoid.includes(id));
  if (fresh.length === 0 || fresh.length === candidates.length) return { candidates, avoided: [] };
  const failed = candidates.filter(({ id }) => avoid.includes(id));
  return { candidates: fresh, avoided: failed.map(({ id }) => ({ id, why: 'failed at it before' })) };
}
