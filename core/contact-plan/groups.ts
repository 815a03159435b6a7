import { InvalidInput } from '../errors.ts';
import type { Positions } from './compile.ts';
import type { Contact } from './contact.ts';

/** Each node's contacts by start, to find those that are open when something arrives. */
export interface BySender {
  /** First place of a node; by node, one longer. */
  readonly first: Int32Array;
  readonly position: Int32Array;
  readonly chunks: Chunks;
  /** The latest end of the node's contacts up to here. */
  readonly lastEndMs: Float64Array;
  /** The latest end in each run of 16 places (`RUN_BITS`). */
  readonly runEndMs: Float64Array;
  /** The latest end of all of a node's contacts; by node. */
  readonly untilMs: Float64Array;
}

/** Where in a node's contacts those from a position on begin, nearly. */
export interface Chunks {
  /** A chunk of positions has 2 to the power of it. */
  readonly bits: number;
  readonly perNode: number;
  /** By node and chunk: the first place whose position is in the chunk or after it. */
  readonly firstPlace: Int32Array;
}

/** So many bits count the places that are skipped at once where none of them is open: 16. */
export const RUN_BITS = 4;

/** Contacts to each node by the latest that they bring something, to tell when the node is past reach. */
export interface ByReceiver {
  /** First place of a node; by node, one longer. */
  readonly first: Int32Array;
  /** The end and the delay, the latest first. */
  readonly lastMs: Float64Array;
  /** What fits in; Infinity where the rate changes meanwhile. */
  readonly bits: Float64Array;
}

/** Pairs of nodes with contacts from the one to the other, by receiver; by edge, where not said otherwise. */
export interface Edges {
  readonly from: Int32Array;
  readonly to: Int32Array;
  /** First edge that leads to a node; by node, one longer. */
  readonly firstIn: Int32Array;
  /** First place of an edge; the next edge's is its end. One longer than there are edges. */
  readonly firstPlace: Int32Array;
  /** By place: the edge's contacts by start, and the latest end up to here. */
  readonly position: Int32Array;
  readonly lastEndMs: Float64Array;
  /** The least delay of its contacts. */
  readonly delayMs: Float64Array;
  /** 1 where one contact is over before the next starts and all have one delay: the first that will do is the best. */
  readonly isPlain: Uint8Array;
}

export function groupBySender({ endMs, from }: Positions, nodes: number): BySender {
  const { first, members } = grouped(from, nodes);
  const lastEndMs = Float64Array.from(members, (at) => endMs[at]!);
  const runEndMs = new Float64Array((members.length >> RUN_BITS) + 1).fill(-Infinity);
  lastEndMs.forEach((end, place) => {
    const run = place >> RUN_BITS;
    runEndMs[run] = Math.max(runEndMs[run]!, end);
  });
  for (let node = 0; node < nodes; node += 1)
    for (let place = first[node]! + 1; place < first[node + 1]!; place += 1)
      lastEndMs[place] = Math.max(lastEndMs[place]!, lastEndMs[place - 1]!);
  const untilMs = Float64Array.from({ length: nodes }, (_, node) =>
    first[node + 1]! > first[node]! ? lastEndMs[first[node + 1]! - 1]! : -Infinity,
  );
  return { first, position: members, chunks: chunk(first, members), lastEndMs, runEndMs, untilMs };
}

/** A chunk holds about one contact of each node, so that this is no longer than the plan. */
function chunk(first: Int32Array, members: Int32Array): Chunks {
  const nodes = first.length - 1;
  const bits = 32 - Math.clz32(nodes);
  const perNode = (members.length >> bits) + 2;
  const firstPlace = new Int32Array(nodes * perNode);
  for (let node = 0; node < nodes; node += 1) {
    let place = first[node]!;
    for (let index = 0; index < perNode; index += 1) {
      while (place < first[node + 1]! && members[place]! < index << bits) place += 1;
      firstPlace[node * perNode + index] = place;
    }
  }
  return { bits, perNode, firstPlace };
}

export function groupByReceiver(
  { startMs, endMs, delayMs, rateBitsPerSecond, hasSteps, to }: Positions,
  nodes: number,
): ByReceiver {
  const lastMs = endMs.map((end, at) => end + delayMs[at]!);
  const latestFirst = Int32Array.from(to.keys()).sort((a, b) => lastMs[b]! - lastMs[a]!);
  const { first, members } = grouped(
    latestFirst.map((at) => to[at]!),
    nodes,
  );
  const order = members.map((index) => latestFirst[index]!);
  const bitsAt = (at: number) =>
    hasSteps[at] === 1 ? Infinity : ((endMs[at]! - startMs[at]!) / 1000) * rateBitsPerSecond[at]!;
  return {
    first,
    lastMs: Float64Array.from(order, (at) => lastMs[at]!),
    bits: Float64Array.from(order, bitsAt),
  };
}

/** `contactAt` gives the contact at a position. Errors: `InvalidInput` where windows of one link overlap. */
export function groupEdges(
  { from, to, startMs, endMs, delayMs }: Positions,
  nodes: number,
  contactAt: (position: number) => Contact,
): Edges {
  // Sorting by sender, then by receiver, keeps the order by start within.
  const bySenders = grouped(from, nodes).members;
  const receivers = bySenders.map((at) => to[at]!);
  const position = grouped(receivers, nodes).members.map((at) => bySenders[at]!);
  const first: number[] = [];
  position.forEach((at, place) => {
    const before = position[place - 1];
    if (before === undefined || from[at] !== from[before] || to[at] !== to[before]) first.push(place);
  });
  const firstPlace = Int32Array.from([...first, position.length]);
  const ofFirst = (column: Float64Array | Int32Array) => first.map((place) => column[position[place]!]!);
  const edges = {
    from: Int32Array.from(ofFirst(from)),
    to: Int32Array.from(ofFirst(to)),
    delayMs: Float64Array.from(ofFirst(delayMs)),
    isPlain: new Uint8Array(first.length).fill(1),
  };
  const lastEndMs = Float64Array.from(position, (at) => endMs[at]!);
  for (let edge = 0; edge < first.length; edge += 1) {
    const end = firstPlace[edge + 1]!;
    let overlaps = false;
    for (let place = firstPlace[edge]! + 1; place < end; place += 1) {
      const at = position[place]!;
      overlaps ||= startMs[at]! < lastEndMs[place - 1]!;
      lastEndMs[place] = Math.max(lastEndMs[place - 1]!, endMs[at]!);
      if (delayMs[at] !== edges.delayMs[edge]) edges.isPlain[edge] = 0;
      edges.delayMs[edge] = Math.min(edges.delayMs[edge]!, delayMs[at]!);
    }
    if (!overlaps) continue;
    edges.isPlain[edge] = 0;
    refuseOverlap([...position.subarray(firstPlace[edge]!, end)].map(contactAt));
  }
  return { ...edges, firstIn: grouped(edges.to, nodes).first, firstPlace, position, lastEndMs };
}

/** Several links may connect two nodes at a time; one link sends once at a time. `contacts` are by start. */
function refuseOverlap(contacts: readonly Contact[]): void {
  const lastOf = new Map<string | undefined, Contact>();
  for (const contact of contacts) {
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
