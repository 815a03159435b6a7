import { InvalidInput } from '../errors.ts';
import { checkContact, PLAN_LIMITS } from './check.ts';
import type { Contact } from './contact.ts';

/**
 * A plan made ready for searches: immutable, and shared by all of them. Nodes have indices; contacts lie at positions,
 * grouped by sender, then by receiver (a group is an edge), then by start. Don't write to its arrays.
 */
export interface ContactPlan {
  /** As given; an index here is what routes and bookings call a contact. */
  readonly contacts: readonly Contact[];
  readonly nodes: readonly string[];
  readonly indexOfNode: ReadonlyMap<string, number>;
  readonly positions: Positions;
  readonly edges: Edges;
  readonly byStart: ByStart;
  readonly bySender: BySender;
  /** Contact index → position. */
  readonly positionOf: Int32Array;
}

/** By position. */
export interface Positions {
  readonly startMs: Float64Array;
  readonly endMs: Float64Array;
  /** The latest end of the edge's contacts up to here. */
  readonly lastEndMs: Float64Array;
  readonly rateBitsPerSecond: Float64Array;
  readonly delayMs: Float64Array;
  readonly from: Int32Array;
  readonly to: Int32Array;
  /** Position → contact index. */
  readonly contact: Int32Array;
  /** 1 where the rate changes meanwhile: see the contact's `rateSteps`. */
  readonly hasSteps: Uint8Array;
}

/** All contacts by start, so that a search reads them in the order of time. */
export interface ByStart {
  readonly position: Int32Array;
  readonly startMs: Float64Array;
  readonly from: Int32Array;
  readonly to: Int32Array;
}

/** Each node's contacts by start, to find those that are open when something arrives. */
export interface BySender {
  readonly position: Int32Array;
  readonly startMs: Float64Array;
  /** First place of a node; by node, one longer. */
  readonly first: Int32Array;
  /** The latest end of the node's contacts up to here. */
  readonly lastEndMs: Float64Array;
  /** The latest end in each run of `RUN` places. */
  readonly runEndMs: Float64Array;
}

/** Places that are skipped at once where none of them is open. A power of 2. */
export const RUN = 16;

/** By edge, where not said otherwise. */
export interface Edges {
  readonly from: Int32Array;
  readonly to: Int32Array;
  /** First position of an edge; the next edge's is its end. One longer than there are edges. */
  readonly firstPosition: Int32Array;
  /** First edge that leaves a node; by node, one longer. */
  readonly firstOut: Int32Array;
  /** First place in `incoming` of a node; by node, one longer. */
  readonly firstIn: Int32Array;
  /** Edges by the node that they lead to. */
  readonly incoming: Int32Array;
  /** The least delay of its contacts. */
  readonly delayMs: Float64Array;
  /** 1 where one contact is over before the next starts and all have one delay: the first that will do is the best. */
  readonly isPlain: Uint8Array;
}

/**
 * Compiles contacts. `nodes` adds nodes that have none. O(n log n).
 * Errors: `InvalidInput` with the index of the contact: numbers that no link can have, windows that are empty or
 * overlap another of the same link.
 */
export function compilePlan(contacts: readonly Contact[], nodes: Iterable<string> = []): ContactPlan {
  if (contacts.length > PLAN_LIMITS.contacts)
    throw new InvalidInput(`There are ${contacts.length} contacts.`, `Give at most ${PLAN_LIMITS.contacts}.`);
  contacts.forEach(check);
  const indexOfNode = new Map<string, number>();
  const index = (node: string): number => {
    const known = indexOfNode.get(node);
    if (known !== undefined) return known;
    indexOfNode.set(node, indexOfNode.size);
    return indexOfNode.size - 1;
  };
  for (const node of nodes) index(node);
  const from = Int32Array.from(contacts, (contact) => index(contact.from));
  const to = Int32Array.from(contacts, (contact) => index(contact.to));
  if (indexOfNode.size > PLAN_LIMITS.nodes)
    throw new InvalidInput(`There are ${indexOfNode.size} nodes.`, `Give at most ${PLAN_LIMITS.nodes}.`);
  const order = Int32Array.from(contacts.keys()).sort(
    (a, b) => from[a]! - from[b]! || to[a]! - to[b]! || contacts[a]!.startMs - contacts[b]!.startMs || a - b,
  );
  const positions = layOut(contacts, order, from, to);
  const positionOf = new Int32Array(order.length);
  order.forEach((contact, position) => (positionOf[contact] = position));
  const edges = groupEdges(positions, indexOfNode.size, (position) => contacts[order[position]!]!);
  const nodesFound = [...indexOfNode.keys()];
  const byStart = sortByStart(positions);
  const bySender = groupBySender(positions, byStart, nodesFound.length);
  return { contacts, nodes: nodesFound, indexOfNode, positions, edges, byStart, bySender, positionOf };
}

function sortByStart({ startMs, from, to }: Positions): ByStart {
  const position = Int32Array.from(startMs.keys()).sort((a, b) => startMs[a]! - startMs[b]! || a - b);
  return {
    position,
    startMs: Float64Array.from(position, (at) => startMs[at]!),
    from: position.map((at) => from[at]!),
    to: position.map((at) => to[at]!),
  };
}

function groupBySender({ endMs }: Positions, byStart: ByStart, nodes: number): BySender {
  const { first, members } = grouped(byStart.from, nodes);
  const position = members.map((at) => byStart.position[at]!);
  const lastEndMs = Float64Array.from(position, (at) => endMs[at]!);
  const runEndMs = new Float64Array(Math.ceil(position.length / RUN)).fill(-Infinity);
  lastEndMs.forEach(
    (end, at) => (runEndMs[Math.floor(at / RUN)] = Math.max(runEndMs[Math.floor(at / RUN)]!, end)),
  );
  for (let node = 0; node < nodes; node += 1)
    for (let at = first[node]! + 1; at < first[node + 1]!; at += 1)
      lastEndMs[at] = Math.max(lastEndMs[at]!, lastEndMs[at - 1]!);
  return {
    position,
    startMs: Float64Array.from(members, (at) => byStart.startMs[at]!),
    first,
    lastEndMs,
    runEndMs,
  };
}

function check(contact: Contact, index: number): void {
  const where = `contacts[${index}]`;
  checkContact(contact, where);
  const { startMs, endMs, from, to } = contact;
  if (!(endMs > startMs))
    throw new InvalidInput(
      `${where}: the window from ${from} to ${to} starts at ${startMs} ms and ends at ${endMs} ms.`,
      'Give its start, then its end.',
    );
  if (from === to) throw new InvalidInput(`${where}: it leads from ${from} to itself.`, 'Name two nodes.');
}

function layOut(
  contacts: readonly Contact[],
  order: Int32Array,
  from: Int32Array,
  to: Int32Array,
): Positions {
  const column = (value: (contact: Contact) => number) =>
    Float64Array.from(order, (contact) => value(contacts[contact]!));
  const endMs = column((contact) => contact.endMs);
  return {
    startMs: column((contact) => contact.startMs),
    endMs,
    lastEndMs: endMs.slice(),
    rateBitsPerSecond: column((contact) => contact.rateBitsPerSecond),
    delayMs: column((contact) => contact.delayMs),
    from: order.map((contact) => from[contact]!),
    to: order.map((contact) => to[contact]!),
    contact: order,
    hasSteps: Uint8Array.from(order, (contact) => (contacts[contact]!.rateSteps === undefined ? 0 : 1)),
  };
}

function groupEdges(
  { from, to, startMs, endMs, lastEndMs, delayMs }: Positions,
  nodes: number,
  contactAt: (position: number) => Contact,
): Edges {
  const count = from.length;
  const first: number[] = [];
  for (let at = 0; at < count; at += 1)
    if (at === 0 || from[at] !== from[at - 1] || to[at] !== to[at - 1]) first.push(at);
  const firstPosition = Int32Array.from([...first, count]);
  const edges = {
    from: Int32Array.from(first, (at) => from[at]!),
    to: Int32Array.from(first, (at) => to[at]!),
    delayMs: Float64Array.from(first, (at) => delayMs[at]!),
    isPlain: new Uint8Array(first.length).fill(1),
  };
  for (let edge = 0; edge < first.length; edge += 1) {
    const end = firstPosition[edge + 1]!;
    let overlaps = false;
    for (let at = firstPosition[edge]! + 1; at < end; at += 1) {
      lastEndMs[at] = Math.max(lastEndMs[at - 1]!, endMs[at]!);
      overlaps ||= startMs[at]! < lastEndMs[at - 1]!;
      if (delayMs[at] !== edges.delayMs[edge]) edges.isPlain[edge] = 0;
      edges.delayMs[edge] = Math.min(edges.delayMs[edge]!, delayMs[at]!);
    }
    if (!overlaps) continue;
    edges.isPlain[edge] = 0;
    refuseOverlap(firstPosition[edge]!, end, contactAt);
  }
  const outs = grouped(edges.from, nodes);
  const ins = grouped(edges.to, nodes);
  return { ...edges, firstPosition, firstOut: outs.first, firstIn: ins.first, incoming: ins.members };
}

/** Several links may connect two nodes at a time; one link sends once at a time. */
function refuseOverlap(first: number, end: number, contactAt: (position: number) => Contact): void {
  const lastOf = new Map<string | undefined, Contact>();
  for (let at = first; at < end; at += 1) {
    const contact = contactAt(at);
    const { from, to, linkId, startMs, endMs } = contact;
    const last = lastOf.get(linkId);
    if (last !== undefined && last.endMs > startMs)
      throw new InvalidInput(
        `Two contacts from ${from} to ${to}${linkId === undefined ? '' : ` of the link ${linkId}`} overlap: [${last.startMs}, ${last.endMs}) and [${startMs}, ${endMs}) ms.`,
        'Join them, or give each the "linkId" of its own link.',
      );
    lastOf.set(linkId, contact);
  }
}

/** Indices by their key, 0 to `keys`: those of k are `members` from `first[k]` to before `first[k + 1]`. */
function grouped(keyOf: Int32Array, keys: number): { first: Int32Array; members: Int32Array } {
  const first = new Int32Array(keys + 1);
  for (const key of keyOf) first[key + 1]! += 1;
  for (let key = 0; key < keys; key += 1) first[key + 1]! += first[key]!;
  const next = first.slice();
  const members = new Int32Array(keyOf.length);
  keyOf.forEach((key, index) => {
    members[next[key]!] = index;
    next[key]! += 1;
  });
  return { first, members };
}
