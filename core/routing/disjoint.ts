import type { ContactPlan } from '../contact-plan/compile.ts';
import type { Exclusion } from './conditions.ts';
import { compareRoutes, type Route } from './route.ts';
import type { Router, RouteQuery } from './router.ts';

export interface DisjointOptions {
  /** What the two must not share, beside risk groups. @default 'nodes': links, and nodes between their ends */
  share?: 'nodes' | 'links';
  /** What fails together (a conduit, a satellite, a station's power), by the link's `linkName`. @default none */
  riskGroups?: ReadonlyMap<string, readonly string[]>;
  /** It gives up after so many searches. @default 1000 */
  searchesMax?: number;
}

export interface DisjointRoutes {
  /** The first arrives first. Undefined where none was found. */
  pair: [Route, Route] | undefined;
  /** False where it gave up: there may be a pair all the same. */
  isExhaustive: boolean;
}

/** A link's id, or `from → to` where its contacts have none. */
export const linkName = ({ linkId, from, to }: { linkId?: string; from: string; to: string }): string =>
  linkId ?? `${from} → ${to}`;

/** Something that a route uses, and what to exclude so that another doesn't. */
interface Use {
  key: string;
  node?: string;
  contacts?: readonly number[];
}

interface Attempt {
  avoids: readonly Use[];
  route: Route;
}

/**
 * Two routes that no single failure breaks. Over time that is NP-hard in general (Kempe, Kleinberg and Kumar, 2002), so
 * it looks at first routes from the best on: where one leaves no second, the first route of every pair avoids
 * something that it uses, so each of that is tried. Where it is exhaustive it finds a pair if there is one; no pair
 * has a route that arrives sooner than the first of this one, and the second is the best beside that.
 */
export function findDisjoint(
  plan: ContactPlan,
  router: Pick<Router, 'route'>,
  query: RouteQuery,
  { share = 'nodes', riskGroups = new Map(), searchesMax = 1000 }: DisjointOptions = {},
): DisjointRoutes {
  const links = indexLinks(plan, riskGroups);
  const given = {
    nodes: [...(query.exclude?.nodes ?? [])],
    links: [...(query.exclude?.links ?? [])],
    contacts: [...(query.exclude?.contacts ?? [])],
  };
  const tried = new Set<string>();
  const attempts: Attempt[] = [];
  let searches = 0;
  attempt([]);
  while (attempts.length > 0) {
    const { avoids, route } = takeBest(attempts);
    const uses = usesOf(route);
    if (uses.length === 0) return { pair: [route, route], isExhaustive: true };
    const second = searchAvoiding(uses);
    if (second !== undefined) return { pair: [route, second], isExhaustive: true };
    for (const use of uses) {
      if (searches >= searchesMax) return { pair: undefined, isExhaustive: false };
      attempt([...avoids, use]);
    }
  }
  return { pair: undefined, isExhaustive: true };

  function attempt(avoids: readonly Use[]): void {
    const key = JSON.stringify(avoids.map((use) => use.key).sort());
    if (tried.has(key)) return;
    tried.add(key);
    const route = searchAvoiding(avoids);
    if (route !== undefined) attempts.push({ avoids, route });
  }

  function searchAvoiding(avoids: readonly Use[]): Route | undefined {
    searches += 1;
    const exclude: Exclusion = {
      links: given.links,
      nodes: [...given.nodes, ...avoids.flatMap(({ node }) => node ?? [])],
      contacts: [...given.contacts, ...avoids.flatMap(({ contacts }) => contacts ?? [])],
    };
    return router.route({ ...query, exclude });
  }

  function usesOf({ hops }: Route): Use[] {
    const uses = hops.flatMap(({ contact, from }, index): Use[] => {
      const link = linkName(plan.contacts[contact]!);
      return [
        ...(share === 'nodes' && index > 0 ? [{ key: `node ${from}`, node: from }] : []),
        { key: `link ${link}`, contacts: links.ofLink.get(link)! },
        ...(riskGroups.get(link) ?? []).map((risk) => ({
          key: `risk ${risk}`,
          contacts: links.ofRisk.get(risk)!,
        })),
      ];
    });
    return [...new Map(uses.map((use) => [use.key, use])).values()];
  }
}

function takeBest(attempts: Attempt[]): Attempt {
  let best = 0;
  for (let at = 1; at < attempts.length; at += 1)
    if (compareRoutes(attempts[at]!.route, attempts[best]!.route) < 0) best = at;
  return attempts.splice(best, 1)[0]!;
}

/** Contacts by link and by risk group. */
function indexLinks(plan: ContactPlan, riskGroups: ReadonlyMap<string, readonly string[]>) {
  const ofLink = new Map<string, number[]>();
  const ofRisk = new Map<string, number[]>();
  const add = (to: Map<string, number[]>, key: string, contact: number) => {
    const others = to.get(key);
    if (others === undefined) to.set(key, [contact]);
    else others.push(contact);
  };
  plan.contacts.forEach((contact, index) => {
    const link = linkName(contact);
    add(ofLink, link, index);
    for (const risk of new Set(riskGroups.get(link))) add(ofRisk, risk, index);
  });
  return { ofLink, ofRisk };
}
