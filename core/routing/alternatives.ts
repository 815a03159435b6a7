import type { Exclusion } from './conditions.ts';
import type { Router, RouteQuery } from './router.ts';
import { compareRoutes, type Route } from './route.ts';

/** Routes taken so far, by their contacts. */
interface Prefix {
  next: Map<number, Prefix>;
}

interface Candidate {
  route: Route;
  /** Where it leaves the route that it comes from. */
  spurAt: number;
}

/**
 * Yen's algorithm over contacts with Lawler's change: from each route taken, others branch off at each node from its
 * own branch on, without the contacts that lead on to routes taken from the same beginning, and without its nodes.
 */
export function* alternativesOf(router: Pick<Router, 'route'>, query: RouteQuery): Generator<Route, void> {
  const root: Prefix = { next: new Map() };
  const candidates: Candidate[] = [];
  const given = { ...query, exclude: listed(query.exclude) };
  const best = router.route(given);
  if (best !== undefined) candidates.push({ route: best, spurAt: 0 });
  while (candidates.length > 0) {
    const { route, spurAt } = takeBest(candidates);
    yield route;
    const prefixes = remember(root, route);
    for (let at = spurAt; at < route.hops.length; at += 1) {
      const spurred = spur(router, given, route, at, [...prefixes[at]!.next.keys()]);
      if (spurred !== undefined) candidates.push({ route: spurred, spurAt: at });
    }
  }
}

/** Exclusions are gone through more than once. */
const listed = ({ nodes = [], links = [], contacts = [] }: Exclusion = {}) => ({
  nodes: [...nodes],
  links: [...links],
  contacts: [...contacts],
});
type Listed = ReturnType<typeof listed>;

function takeBest(candidates: Candidate[]): Candidate {
  let best = 0;
  for (let at = 1; at < candidates.length; at += 1)
    if (compareRoutes(candidates[at]!.route, candidates[best]!.route) < 0) best = at;
  const [taken] = candidates.splice(best, 1);
  return taken!;
}

/** Where the route stood before each of its hops. */
function remember(root: Prefix, { hops }: Route): Prefix[] {
  const prefixes: Prefix[] = [];
  let at = root;
  for (const { contact } of hops) {
    prefixes.push(at);
    const known = at.next.get(contact);
    const next = known ?? { next: new Map() };
    if (known === undefined) at.next.set(contact, next);
    at = next;
  }
  return prefixes;
}

function spur(
  router: Pick<Router, 'route'>,
  query: RouteQuery & { exclude: Listed },
  { hops }: Route,
  at: number,
  taken: readonly number[],
): Route | undefined {
  const { exclude } = query;
  const beginning = hops.slice(0, at);
  const rest = router.route({
    ...query,
    from: hops[at]!.from,
    atMs: beginning.at(-1)?.arriveMs ?? query.atMs,
    exclude: {
      ...exclude,
      nodes: [...exclude.nodes, ...beginning.map((hop) => hop.from)],
      contacts: [...exclude.contacts, ...taken],
    },
  });
  if (rest === undefined) return undefined;
  const expiresMs = Math.min(rest.expiresMs, ...beginning.map((hop) => hop.endMs));
  return { arrivalMs: rest.arrivalMs, hops: [...beginning, ...rest.hops], expiresMs };
}
