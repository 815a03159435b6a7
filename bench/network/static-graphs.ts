/** Large networks from a seed. */
import type { StaticLink } from '../../core/routing/static/link.ts';
import type { SeededRandom } from '../../core/simulator/seeded-random.ts';

export const SHAPES = ['random', 'geographic'] as const;
export type Shape = (typeof SHAPES)[number];

export interface LargeNetwork {
  shape: Shape;
  nodes: string[];
  /** Directed, each one way. */
  links: StaticLink[];
  /** No route between two nodes costs less; for searches that are led by it. */
  boundBetween: (from: string, to: string) => number;
}

export function generate(
  shape: Shape,
  nodeCount: number,
  linkCount: number,
  random: SeededRandom,
): LargeNetwork {
  return shape === 'random'
    ? randomNetwork(nodeCount, linkCount, random)
    : geographicNetwork(nodeCount, linkCount, random);
}

const namesOf = (count: number): string[] => Array.from({ length: count }, (_, place) => `n${place}`);

/** Any two nodes may be linked; a ring through all of them keeps it connected. */
function randomNetwork(nodeCount: number, linkCount: number, random: SeededRandom): LargeNetwork {
  const nodes = namesOf(nodeCount);
  const links = nodes.map((from, place) => ({
    from,
    to: nodes[(place + 1) % nodeCount]!,
    cost: random.between(1, 100),
  }));
  while (links.length < linkCount)
    links.push({
      from: random.pick(nodes),
      to: random.pick(nodes),
      cost: random.between(1, 100),
    });
  return { shape: 'random', nodes, links, boundBetween: () => 0 };
}

/** Points in a square, linked both ways to some of those around; a link costs up to twice its length. */
function geographicNetwork(nodeCount: number, linkCount: number, random: SeededRandom): LargeNetwork {
  const nodes = namesOf(nodeCount);
  const points = nodes.map(() => ({ x: random.between(0, 1000), y: random.between(0, 1000) }));
  const across = Math.max(1, Math.floor(Math.sqrt(nodeCount / 4)));
  const cellAt = ({ x, y }: { x: number; y: number }) => [
    Math.floor((x * across) / 1000),
    Math.floor((y * across) / 1000),
  ];
  const cells = Array.from({ length: across * across }, (): number[] => []);
  points.forEach((point, place) => {
    const [column, row] = cellAt(point);
    cells[row! * across + column!]!.push(place);
  });
  const distance = (a: number, b: number) =>
    Math.hypot(points[a]!.x - points[b]!.x, points[a]!.y - points[b]!.y);
  const links: StaticLink[] = [];
  const linked = new Set<number>();
  while (links.length < linkCount) {
    const one = random.int(0, nodeCount - 1);
    const [column, row] = cellAt(points[one]!).map((at) => at + random.int(-1, 1));
    const cell = column! < 0 || column! >= across ? undefined : cells[row! * across + column!];
    const other = cell && random.pick(cell);
    if (other === undefined || other === one) continue;
    const both = Math.min(one, other) * nodeCount + Math.max(one, other);
    if (linked.has(both)) continue;
    linked.add(both);
    const cost = distance(one, other) * random.between(1, 2);
    links.push(
      { from: nodes[one]!, to: nodes[other]!, cost },
      { from: nodes[other]!, to: nodes[one]!, cost },
    );
  }
  const placeOf = (name: string) => Number(name.slice(1));
  return {
    shape: 'geographic',
    nodes,
    links,
    boundBetween: (from, to) => distance(placeOf(from), placeOf(to)),
  };
}
