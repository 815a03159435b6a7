/** What may be registered beside what stands: each edit whole or not at all, and the same one twice changes nothing more. */
import { didYouMean } from '../api/nearest.ts';
import { InvalidRequest } from '../api/problem.ts';
import { Conflict, type DefinitionIssue, InvalidInput, NotFound } from '../errors.ts';
import { canonicalJson, type JsonValue } from '../json.ts';
import type { NetworkEdit } from '../ports/network-store.ts';
import {
  NETWORK_LIMITS,
  type NetworkFile,
  type Registered,
  type StoredConstellation,
  type StoredPlan,
} from './network.ts';

const NAMED_MAX = 5;
const ISSUES_MAX = 20;

/** Nodes that links, routes and contacts may name. */
export function knownNodes({ nodes, constellations, plans }: Omit<Registered, 'version' | 'links'>) {
  return new Set([
    ...nodes.map(({ id }) => id),
    ...[...constellations, ...plans].flatMap((each) => each.nodes),
  ]);
}

/**
 * Puts nodes and links, new ones and others in the place of those of their id. `what` and `pathOf` say in refusals where
 * they are from. Errors: `InvalidRequest` for links that lead nowhere and ids that are there twice, `InvalidInput` for too many.
 */
export function putFile(
  standing: Registered,
  file: NetworkFile,
  what: string,
  pathOf: (list: 'nodes' | 'links', index: number) => string,
): NetworkEdit | undefined {
  const nodes = merged(standing.nodes, file.nodes);
  const links = merged(standing.links, file.links);
  const issues = first(ISSUES_MAX, [
    () => repeated(file.nodes, (index) => pathOf('nodes', index)),
    () => repeated(file.links, (index) => pathOf('links', index)),
    () => loose(file.links, knownNodes({ ...standing, nodes }), (index) => pathOf('links', index)),
  ]);
  if (issues.length > 0) throw new InvalidRequest(what, issues);
  return checked(standing, {
    ...(nodes !== standing.nodes && { nodes }),
    ...(links !== standing.links && { links }),
  });
}

/** Errors: `NotFound`, `Conflict` while links lead to it or from it. */
export function removeNode(standing: Registered, id: string): NetworkEdit {
  const { nodes } = standing;
  find(
    nodes,
    (node) => node.id === id,
    `node "${id}"`,
    nodes.map((node) => node.id),
  );
  const edit = { nodes: nodes.filter((node) => node.id !== id) };
  refuseLoose({ ...standing, ...edit }, `the node "${id}"`);
  return edit;
}

/** Errors: `NotFound`. */
export function removeLink({ links }: Registered, id: string): NetworkEdit {
  find(
    links,
    (link) => link.id === id,
    `link "${id}"`,
    links.map((link) => link.id),
  );
  return { links: links.filter((link) => link.id !== id) };
}

/** In the place of the one of its name. Errors: `InvalidInput`, `Conflict` with what stands. */
export function putConstellation(
  standing: Registered,
  one: StoredConstellation,
  tle: string,
): NetworkEdit | undefined {
  return putStored(standing, 'constellations', one, tle);
}

/** In the place of the one of its name. Errors: `InvalidInput`, `Conflict` with what stands. */
export function putPlan(standing: Registered, one: StoredPlan, plan: string): NetworkEdit | undefined {
  return putStored(standing, 'plans', one, plan);
}

/** Errors: `NotFound`, `Conflict` while links lead to what only it tells of. */
export function removeStored(
  standing: Registered,
  list: 'constellations' | 'plans',
  name: string,
): NetworkEdit {
  const all: readonly (StoredConstellation | StoredPlan)[] = standing[list];
  const what = list === 'plans' ? 'contact plan' : 'constellation';
  find(
    all,
    (each) => each.name === name,
    `${what} "${name}"`,
    all.map((each) => each.name),
  );
  const edit = { [list]: all.filter((each) => each.name !== name) };
  refuseLoose({ ...standing, ...edit }, `the ${what} "${name}"`);
  return edit;
}

function putStored<One extends StoredConstellation | StoredPlan>(
  standing: Registered,
  list: 'constellations' | 'plans',
  one: One,
  text: string,
): NetworkEdit | undefined {
  const all: readonly (StoredConstellation | StoredPlan)[] = standing[list];
  const before = all.find(({ name }) => name === one.name);
  if (before !== undefined && isSame({ ...before, textId: '' }, { ...one, textId: '' })) return undefined;
  const edit = { [list]: byName([...all.filter((each) => each !== before), one]) };
  refuseLoose({ ...standing, ...edit }, `what "${one.name}" held before`);
  const accepted = checked(standing, edit);
  return accepted && { ...accepted, texts: { [one.textId]: text } };
}

function refuseLoose(next: Registered, without: string): void {
  const known = knownNodes(next);
  const left = next.links.filter(({ from, to }) => !known.has(from) || !known.has(to)).map(({ id }) => id);
  if (left.length > 0)
    throw new Conflict(`${some(left, 'link')} would lead nowhere without ${without}.`, REMOVE_LINKS);
}

/** What holds of the whole, whichever part was changed. */
function checked(standing: Registered, edit: NetworkEdit): NetworkEdit | undefined {
  if (Object.keys(edit).length === 0) return undefined;
  const next = { ...standing, ...edit };
  const { nodes, constellations } = next;
  const satellites = constellations.reduce((sum, each) => sum + each.nodes.length, 0);
  const stations = new Set(nodes.filter(({ position }) => position !== undefined).map(({ id }) => id));
  for (const list of ['nodes', 'links', 'constellations', 'plans'] as const)
    atMost(next[list].length, NETWORK_LIMITS[list], list === 'plans' ? 'contact plans' : list);
  atMost(satellites, NETWORK_LIMITS.satellites, 'satellites');
  atMost(
    satellites * stations.size,
    NETWORK_LIMITS.satellitesTimesStations,
    `pairs of a satellite and a node with a position (${satellites} times ${stations.size})`,
  );
  const pairs = constellations.reduce((sum, each) => sum + pairCount(each), 0);
  atMost(pairs, NETWORK_LIMITS.satellitePairs, 'pairs of satellites that may point at each other');
  refuseTwins(next.links);
  for (const { name, nodes: names } of constellations) {
    const both = names.find((satellite) => stations.has(satellite));
    if (both !== undefined)
      throw new Conflict(
        `"${both}" is a satellite of ${name} and a node on the ground.`,
        'Give the node another id, or no position.',
      );
  }
  return edit;
}

/** Of satellites that may point at each other. */
export function pairCount({ interSatellite, nodes }: StoredConstellation): number {
  if (interSatellite === undefined) return 0;
  return interSatellite.pairs?.length ?? (nodes.length * (nodes.length - 1)) / 2;
}

/** A contact between two nodes is carried by one link. */
function refuseTwins(links: Registered['links']): void {
  const ids = new Map<string, string>();
  for (const { id, from, to, viaContacts } of links) {
    if (viaContacts !== true) continue;
    const ends = JSON.stringify([from, to]);
    const other = ids.get(ends);
    if (other !== undefined)
      throw new Conflict(
        `The links ${other} and ${id} from ${from} to ${to} are both "viaContacts": which of them a contact is on can't be told.`,
        'Register one of them.',
      );
    ids.set(ends, id);
  }
}

function atMost(count: number, most: number, what: string): void {
  if (count > most)
    throw new InvalidInput(
      `That would make ${count} ${what}; ${most} are the most.`,
      'Remove what is out of use, or split the network over several hosts.',
    );
}

function* loose(
  links: NetworkFile['links'],
  known: ReadonlySet<string>,
  pathOf: (index: number) => string,
): Generator<DefinitionIssue> {
  const names = [...known];
  for (const [index, link] of links.entries()) {
    const at = (field: string) => [pathOf(index), field].filter(Boolean).join('.');
    if (link.from === link.to)
      yield { path: at('to'), message: `It leads from "${link.from}" to itself.`, fix: 'Name two nodes.' };
    for (const end of ['from', 'to'] as const)
      if (!known.has(link[end]))
        yield {
          path: at(end),
          message: `There is no node "${link[end]}".`,
          fix: `${near(link[end], names)} Register a node, its satellites or its plan before its links.`,
        };
  }
}

function* repeated(
  list: readonly { id: string }[],
  pathOf: (index: number) => string,
): Generator<DefinitionIssue> {
  const places = new Map<string, number>();
  for (const [index, { id }] of list.entries()) {
    const before = places.get(id);
    if (before === undefined) places.set(id, index);
    else
      yield {
        path: `${pathOf(index)}.id`,
        message: `"${id}" is at ${pathOf(before)} too.`,
        fix: 'Keep one.',
      };
  }
}

/** Looks for no more than are told: what is near to a name takes a while in a large network. */
function first<One>(most: number, searches: readonly (() => Iterable<One>)[]): One[] {
  const found: One[] = [];
  for (const search of searches)
    for (const one of search()) {
      found.push(one);
      if (found.length === most) return found;
    }
  return found;
}

/** The list itself where nothing is new in it. */
function merged<One extends { id: string }>(standing: readonly One[], put: readonly One[]): readonly One[] {
  const all = new Map(standing.map((one) => [one.id, one]));
  const fresh = put.filter((one) => !isSame(all.get(one.id), one));
  if (fresh.length === 0) return standing;
  for (const one of fresh) all.set(one.id, one);
  return [...all.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

const byName = <One extends { name: string }>(list: One[]): One[] =>
  list.sort((a, b) => (a.name < b.name ? -1 : 1));

const text = (value: object): string => canonicalJson(JSON.parse(JSON.stringify(value)) as JsonValue);
const isSame = (a: object | undefined, b: object): boolean => a !== undefined && text(a) === text(b);

/** Errors: `NotFound`. */
export function find<One>(
  list: readonly One[],
  isIt: (one: One) => boolean,
  what: string,
  known: readonly string[],
): One {
  const found = list.find(isIt);
  if (found !== undefined) return found;
  throw new NotFound(`There is no ${what}.`, near(/"(.*)"/.exec(what)?.[1] ?? '', known));
}

/** The nearest name; not all of thousands. */
export function near(name: string, known: readonly string[]): string {
  const fix = didYouMean(name, known);
  if (fix.startsWith('Did')) return fix;
  if (known.length === 0) return 'Nothing of the kind is registered.';
  return `There are ${known.slice(0, NAMED_MAX).join(', ')}${known.length > NAMED_MAX ? ' and more' : ''}.`;
}

const REMOVE_LINKS = 'Remove these links first.';

const some = (ids: readonly string[], noun: string): string =>
  `The ${noun}${ids.length === 1 ? '' : 's'} ${ids.slice(0, NAMED_MAX).join(', ')}${ids.length > NAMED_MAX ? ` and ${ids.length - NAMED_MAX} more` : ''}`;
