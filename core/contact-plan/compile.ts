import { InvalidInput } from '../errors.ts';
import { checkContact, PLAN_LIMITS } from './check.ts';
import type { Contact } from './contact.ts';
import {
  type ByReceiver,
  type BySender,
  type Edges,
  groupByReceiver,
  groupBySender,
  groupEdges,
} from './groups.ts';
import { indexTimes, type TimeIndex } from './time-index.ts';

/**
 * A plan made ready for searches: immutable, and shared by all of them. Nodes have indices; contacts lie at positions by
 * their start, so that a search that goes through time finds what it needs next beside what it had. Don't write to its
 * arrays.
 */
export interface ContactPlan {
  /** As given; an index here is what routes and bookings call a contact. */
  readonly contacts: readonly Contact[];
  readonly nodes: readonly string[];
  readonly indexOfNode: ReadonlyMap<string, number>;
  readonly positions: Positions;
  /** Contact index → position. */
  readonly positionOf: Int32Array;
  readonly bySender: BySender;
  readonly byReceiver: ByReceiver;
  readonly edges: Edges;
}

/** By position. */
export interface Positions {
  readonly startMs: Float64Array;
  readonly endMs: Float64Array;
  readonly rateBitsPerSecond: Float64Array;
  readonly delayMs: Float64Array;
  readonly from: Int32Array;
  readonly to: Int32Array;
  /** Position → contact index. */
  readonly contact: Int32Array;
  /** 1 where the rate changes meanwhile: see the contact's `rateSteps`. */
  readonly hasSteps: Uint8Array;
  /** Of the starts. */
  readonly starts: TimeIndex;
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
    (a, b) => contacts[a]!.startMs - contacts[b]!.startMs || a - b,
  );
  const positions = layOut(contacts, order, from, to);
  const positionOf = new Int32Array(order.length);
  order.forEach((contact, position) => (positionOf[contact] = position));
  const count = indexOfNode.size;
  return {
    contacts,
    nodes: [...indexOfNode.keys()],
    indexOfNode,
    positions,
    positionOf,
    bySender: groupBySender(positions, count),
    byReceiver: groupByReceiver(positions, count),
    edges: groupEdges(positions, count, (position) => contacts[order[position]!]!),
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
  const startMs = column((contact) => contact.startMs);
  return {
    startMs,
    starts: indexTimes(startMs),
    endMs: column((contact) => contact.endMs),
    rateBitsPerSecond: column((contact) => contact.rateBitsPerSecond),
    delayMs: column((contact) => contact.delayMs),
    from: order.map((contact) => from[contact]!),
    to: order.map((contact) => to[contact]!),
    contact: order,
    hasSteps: Uint8Array.from(order, (contact) => (contacts[contact]!.rateSteps === undefined ? 0 : 1)),
  };
}
