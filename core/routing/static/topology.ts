import { InvalidInput } from '../../errors.ts';
import { isObject } from '../../json.ts';
import type { StaticLink } from './link.ts';

export interface TopologyOptions {
  /**
   * The property of each edge that is its cost. @default none: every link costs 1, so that routes have the
   * fewest hops
   */
  cost?: string;
}

export interface Topology {
  /** Ids as texts, in the file's order. */
  nodes: string[];
  /** In the file's order; ids are `from--to`, with `#` and the index after it where that is taken. */
  links: StaticLink[];
}

const TEXT_LENGTH_MAX = 256 * 2 ** 20;

/**
 * Reads a network from node-link JSON, as networkx and topohub write it: `directed`, `nodes` with `id`, and
 * `edges` (or `links`) with `source` and `target`. Edges of a network that isn't directed are links both ways.
 * `name` is what messages call it. Errors: `InvalidInput`, with the index.
 */
export function parseTopology(text: string, name: string, { cost }: TopologyOptions = {}): Topology {
  const document = readJson(text, name);
  const edges = document.edges ?? document.links;
  if (!Array.isArray(document.nodes) || !Array.isArray(edges))
    throw new InvalidInput(
      `${name} has no list "nodes", or no list "edges" or "links".`,
      'Give node-link JSON: {"directed", "nodes": [{"id"}], "edges": [{"source", "target"}]}.',
    );
  const { directed = false } = document;
  if (typeof directed !== 'boolean')
    throw new InvalidInput(`${name}: "directed" is ${shown(directed)}.`, 'Give true or false.');
  const ids = new Set<string>();
  document.nodes.forEach((node: unknown, index) => {
    const id = idOf(isObject(node) ? node.id : undefined, `${name}: the id of nodes[${index}]`);
    if (ids.has(id))
      throw new InvalidInput(`${name}: nodes[${index}] has the id ${shown(id)} again.`, 'Give each its own.');
    ids.add(id);
  });
  const taken = new Set<string>();
  const links = edges.map((edge: unknown, index): StaticLink => {
    const where = `${name}: edges[${index}]`;
    if (!isObject(edge)) throw new InvalidInput(`${where} is ${shown(edge)}.`, 'Give an object.');
    const [from, to] = (['source', 'target'] as const).map((end) => {
      const id = idOf(edge[end], `${where}.${end}`);
      if (ids.has(id)) return id;
      throw new InvalidInput(
        `${where}.${end} is ${shown(id)}, which is no node.`,
        'Name a node of the file.',
      );
    }) as [string, string];
    let id = `${from}--${to}`;
    while (taken.has(id)) id = `${id}#${index}`;
    taken.add(id);
    return {
      id,
      from,
      to,
      cost: cost === undefined ? 1 : costOf(edge[cost], `${where}.${cost}`),
      isBothWays: !directed,
    };
  });
  return { nodes: [...ids], links };
}

function readJson(text: string, name: string): Record<string, unknown> {
  if (text.length > TEXT_LENGTH_MAX)
    throw new InvalidInput(`${name} has ${text.length} characters.`, `Give at most ${TEXT_LENGTH_MAX}.`);
  let document: unknown;
  try {
    document = JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  } catch (cause) {
    const why = `${name} is not JSON: ${(cause as Error).message}.`;
    throw new InvalidInput(why, 'Mend it there, or export it again; NaN and Infinity are no JSON.', {
      cause,
    });
  }
  if (isObject(document)) return document;
  throw new InvalidInput(`${name} is ${shown(document)}.`, 'Give an object with "nodes" and "edges".');
}

function idOf(value: unknown, where: string): string {
  if (typeof value === 'string' && value !== '') return value;
  if (typeof value === 'number') return String(value);
  throw new InvalidInput(`${where} is ${shown(value)}.`, 'Give a number, or a text that is not empty.');
}

function costOf(value: unknown, where: string): number {
  if (typeof value === 'number') return value;
  throw new InvalidInput(
    `${where} is ${shown(value)}.`,
    'Give a number, or name another property as the cost.',
  );
}

function shown(value: unknown): string {
  if (value === undefined) return 'missing';
  if (typeof value !== 'object' || value === null) return JSON.stringify(value).slice(0, 60);
  return Array.isArray(value) ? 'a list' : 'an object';
}
