import type { ContactPlan } from '../contact-plan/compile.ts';
import { InvalidInput, NotFound } from '../errors.ts';

/** All of a link's contacts: those with its id, or all from one node to another. */
export type LinkRef = string | { from: string; to: string };

/** What isn't to be used. */
export interface Exclusion {
  nodes?: Iterable<string>;
  links?: Iterable<LinkRef>;
  /** Indices into the plan's contacts. */
  contacts?: Iterable<number>;
}

/** How a link does beside what the plan says. */
export interface Degradation {
  link: LinkRef;
  /** Of the planned rate, above 0. @default 1 */
  rateFactor?: number;
  /** What it costs beside its delay, as later arrival: what retries are expected to take. @default 0 */
  penaltyMs?: number;
}

/** What is known now and the plan doesn't say. */
export interface Conditions {
  /** Failed. */
  exclude?: Exclusion;
  degraded?: readonly Degradation[];
  /** Contacts that are less likely aren't used. @default 0 */
  minConfidence?: number;
}

/** How a search has to treat a position; 0 is as planned. */
export const FLAG = { special: 1, blocked: 2 } as const;

/** Conditions laid over a plan, by position. */
export interface Overlay {
  /** Bits of `FLAG`; searches set `blocked` for a while. */
  flags: Uint8Array;
  blockedNodes: ReadonlySet<number>;
  rateFactor: Float64Array | undefined;
  penaltyMs: Float64Array | undefined;
  /** Edges where the first contact that will do is the best. */
  isPlain: Uint8Array;
}

/** Errors: `NotFound` for nodes and links that the plan doesn't have, `InvalidInput` for factors and penalties. */
export function layOver(plan: ContactPlan, conditions: Conditions, positionsOf: LinkIndex): Overlay {
  const { positions, edges, contacts } = plan;
  const { exclude = {}, degraded = [], minConfidence = 0 } = conditions;
  const flags = positions.hasSteps.slice();
  for (const position of excludedPositions(plan, exclude, positionsOf)) flags[position]! |= FLAG.blocked;
  if (minConfidence > 0)
    positions.contact.forEach((contact, position) => {
      if ((contacts[contact]!.confidence ?? 1) < minConfidence) flags[position]! |= FLAG.blocked;
    });
  const rateFactor = degraded.length > 0 ? new Float64Array(flags.length).fill(1) : undefined;
  const penaltyMs = degraded.length > 0 ? new Float64Array(flags.length) : undefined;
  const isPlain = degraded.length > 0 ? edges.isPlain.slice() : edges.isPlain;
  for (const { link, rateFactor: factor = 1, penaltyMs: penalty = 0 } of degraded) {
    if (!(factor > 0 && factor <= 1e6) || !(penalty >= 0 && penalty <= 1e12))
      throw new InvalidInput(
        `The degradation of ${nameOf(link)} has the factor ${factor} and the penalty ${penalty} ms.`,
        'Give a factor above 0 and a penalty from 0; exclude a link that carries nothing.',
      );
    for (const position of positionsOf(link)) {
      flags[position]! |= FLAG.special;
      rateFactor![position]! *= factor;
      penaltyMs![position]! += penalty;
      isPlain[edgeBetween(plan, positions.from[position]!, positions.to[position]!)] = 0;
    }
  }
  return { flags, blockedNodes: nodeIndices(plan, exclude.nodes), rateFactor, penaltyMs, isPlain };
}

/** Errors: `NotFound`. */
export function nodeIndices({ indexOfNode }: ContactPlan, nodes: Iterable<string> = []): Set<number> {
  const indices = new Set<number>();
  for (const node of nodes) {
    const index = indexOfNode.get(node);
    if (index === undefined)
      throw new NotFound(`There is no node "${node}" in the plan.`, 'Name a node of the plan.');
    indices.add(index);
  }
  return indices;
}

/** Positions of all contacts of a link. Errors: `NotFound`. */
export type LinkIndex = (link: LinkRef) => Iterable<number>;

const nameOf = (link: LinkRef): string =>
  typeof link === 'string' ? `"${link}"` : `${link.from} → ${link.to}`;

export function createLinkIndex(plan: ContactPlan): LinkIndex {
  let byId: Map<string, number[]> | undefined;
  return (link) => {
    const found =
      typeof link === 'string' ? (byId ??= positionsById(plan)).get(link) : betweenNodes(plan, link);
    if (found === undefined)
      throw new NotFound(`There is no link ${nameOf(link)} in the plan.`, 'Name a link that has contacts.');
    return found;
  };
}

function positionsById({ positions, contacts }: ContactPlan): Map<string, number[]> {
  const byId = new Map<string, number[]>();
  positions.contact.forEach((contact, position) => {
    const { linkId } = contacts[contact]!;
    if (linkId === undefined) return;
    const others = byId.get(linkId);
    if (others === undefined) byId.set(linkId, [position]);
    else others.push(position);
  });
  return byId;
}

function betweenNodes(plan: ContactPlan, { from, to }: { from: string; to: string }): number[] | undefined {
  const { edges, indexOfNode } = plan;
  const [sender, receiver] = [indexOfNode.get(from), indexOfNode.get(to)];
  if (sender === undefined || receiver === undefined) return undefined;
  const edge = edgeBetween(plan, sender, receiver);
  if (edge < 0) return undefined;
  return [...edges.position.subarray(edges.firstPlace[edge]!, edges.firstPlace[edge + 1]!)];
}

/** -1 where there is none. */
function edgeBetween({ edges }: ContactPlan, sender: number, receiver: number): number {
  for (let edge = edges.firstIn[receiver]!; edge < edges.firstIn[receiver + 1]!; edge += 1)
    if (edges.from[edge] === sender) return edge;
  return -1;
}

/** Errors: `NotFound`. */
export function* excludedPositions(
  plan: ContactPlan,
  { links = [], contacts = [] }: Exclusion,
  positionsOf: LinkIndex,
): Generator<number> {
  for (const link of links) yield* positionsOf(link);
  for (const contact of contacts) {
    const position = plan.positionOf[contact];
    if (position === undefined)
      throw new NotFound(`There is no contact ${contact} in the plan.`, 'Give an index of the plan.');
    yield position;
  }
}
