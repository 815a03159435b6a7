import { INSTANT_FIX, parseInstant } from '../../core/api/instant.ts';
import type { Put } from '../../core/api/network-operations.ts';
import {
  constellationDetailView,
  contactDetailView,
  leftOutView,
  linkDetailView,
  nodeDetailView,
  planDetailView,
  queuesDetailView,
  routesDetailView,
} from '../../core/api/network-views.ts';
import { InvalidInput, NotFound } from '../../core/errors.ts';
import type { Registered } from '../../core/network/network.ts';
import { type ApiDependencies, ok, page, type Reply, type Routes } from './dependencies.ts';

type NetworkRoutes = Pick<
  Routes,
  | 'listNodes'
  | 'putNode'
  | 'getNode'
  | 'removeNode'
  | 'listLinks'
  | 'putLink'
  | 'getLink'
  | 'removeLink'
  | 'putNetwork'
  | 'listSatellites'
  | 'putSatellites'
  | 'removeSatellites'
  | 'listContactPlans'
  | 'putContactPlan'
  | 'removeContactPlan'
  | 'listContacts'
  | 'findRoutes'
  | 'listQueues'
>;

export function networkRoutes({ network, queues }: ApiDependencies): NetworkRoutes {
  const linkStates = async () =>
    new Map((await network.linkStates()).map((state) => [state.linkId, state] as const));

  return {
    listNodes: async ({ query: { cursor = '', limit } }) => {
      const [{ nodes }, states] = await Promise.all([network.registered(), network.nodeStates()]);
      const found = nodes.filter(({ id }) => id > cursor).slice(0, limit + 1);
      return ok(
        page(
          found,
          limit,
          (node) => nodeDetailView(node, states.get(node.id)),
          ({ id }) => id,
        ),
      );
    },
    putNode: async ({ body }) => putReply(await network.putNode(body), (node) => node, '/nodes', body.id),
    getNode: async ({ params: { id = '' } }) => {
      const node = await findIn(network, 'nodes', id);
      return ok(nodeDetailView(node, (await network.nodeStates()).get(id)));
    },
    removeNode: async ({ params: { id = '' } }) => changed(await network.removeNode(id)),

    listLinks: async ({ query: { cursor = '', limit } }) => {
      const [{ links }, states] = await Promise.all([network.registered(), linkStates()]);
      const found = links.filter(({ id }) => id > cursor).slice(0, limit + 1);
      return ok(
        page(
          found,
          limit,
          (link) => linkDetailView(link, states.get(link.id)),
          ({ id }) => id,
        ),
      );
    },
    putLink: async ({ body }) => putReply(await network.putLink(body), (link) => link, '/links', body.id),
    getLink: async ({ params: { id = '' } }) => {
      const link = await findIn(network, 'links', id);
      return ok(linkDetailView(link, (await linkStates()).get(id)));
    },
    removeLink: async ({ params: { id = '' } }) => changed(await network.removeLink(id)),

    putNetwork: async ({ body }) => {
      const { changed: isChanged, registered } = await network.putNetwork(body);
      const { version, nodes, links } = registered;
      return ok({ version, changed: isChanged, nodes: nodes.length, links: links.length });
    },

    listSatellites: async () => {
      const { constellations } = await network.registered();
      return ok({ items: constellations.map(constellationDetailView) });
    },
    putSatellites: async ({ body }) => {
      const answer = await network.putConstellation(body);
      return putReply(answer, (one) => ({ ...constellationDetailView(one), notes: answer.notes }));
    },
    removeSatellites: async ({ params: { name = '' } }) => changed(await network.removeConstellation(name)),

    listContactPlans: async () => ok({ items: (await network.registered()).plans.map(planDetailView) }),
    putContactPlan: async ({ body }) => {
      const answer = await network.putPlan(body);
      return putReply(answer, (one) => ({ ...planDetailView(one), notes: answer.notes }));
    },
    removeContactPlan: async ({ params: { name = '' } }) => changed(await network.removePlan(name)),

    listContacts: async ({ query: { from, to, hours, at, cursor, limit } }) => {
      const start = cursor === undefined ? { atMs: instant(at), offset: 0 } : startOf(cursor);
      const { atMs, contacts, leftOut } = await network.contacts({ from, to, hours, atMs: start.atMs });
      const end = start.offset + limit;
      return ok({
        items: contacts.slice(start.offset, end).map(contactDetailView),
        ...(end < contacts.length && { nextCursor: `${atMs}.${end}` }),
        leftOut: leftOut.map(leftOutView),
      });
    },
    findRoutes: async ({ query: { at, size, disjoint, ...question } }) =>
      ok(
        routesDetailView(
          await network.routes({
            ...question,
            atMs: instant(at),
            sizeBytes: size,
            disjoint: disjoint === 'true',
          }),
        ),
      ),
    listQueues: async () => ok(queuesDetailView(await queues())),
  };
}

const changed = ({ version }: Registered): Reply => ok({ version });

function putReply<One>(
  { put, created }: Put<One>,
  view: (one: One) => object,
  path?: string,
  id = '',
): Reply {
  const headers = path === undefined ? undefined : { Location: `${path}/${encodeURIComponent(id)}` };
  return { status: created ? 201 : 200, body: view(put), ...(headers && { headers }) };
}

async function findIn<List extends 'nodes' | 'links'>(
  network: ApiDependencies['network'],
  list: List,
  id: string,
): Promise<Registered[List][number]> {
  const found = (await network.registered())[list].find((one) => one.id === id);
  if (found !== undefined) return found;
  throw new NotFound(`There is no ${list.slice(0, -1)} "${id}".`, `List them with GET /${list}.`);
}

function instant(at: string | undefined): number | undefined {
  const ms = at === undefined ? undefined : parseInstant(at);
  if (at !== undefined && ms === undefined) throw new InvalidInput(`"at" is "${at}".`, INSTANT_FIX);
  return ms;
}

/** A page goes on in the list as it was found at one time. */
function startOf(cursor: string): { atMs: number; offset: number } {
  const [, atMs, offset] = /^(\d{1,15})\.(\d{1,9})$/.exec(cursor) ?? [];
  if (atMs === undefined)
    throw new InvalidInput(`"${cursor}" is no cursor.`, 'Give the "nextCursor" of the page before.');
  return { atMs: Number(atMs), offset: Number(offset) };
}
