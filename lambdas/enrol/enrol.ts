import type { Enrolment, JoiningChannel, JoinRequest } from '../../core/api/enrolment.ts';
import { HttpRefusal } from '../../core/api/problem.ts';
import { InvalidInput, NotFound } from '../../core/errors.ts';
import { near, putFile } from '../../core/network/edit.ts';
import type { NetworkLink, NetworkNode, Registered } from '../../core/network/network.ts';
import type { Channel } from '../../core/node/node.ts';
import type { NetworkEdit, NetworkStore } from '../../core/ports/network-store.ts';
import type { NodeRegistry } from '../../core/ports/node-registry.ts';
import type { Tickets } from '../../core/ports/tickets.ts';

export interface EnrolPorts {
  network: NetworkStore;
  registry: NodeRegistry;
  /** Those that let nodes join; not those of sockets. */
  tokens: Tickets;
  /** This host's own node. */
  hub: string;
  /** Whoever reaches this host may do anything already, so nodes need no token. */
  isOpen: boolean;
  /** Whether the node joined with it. */
  isSecret: (nodeId: string, secret: string) => Promise<boolean>;
  /** Cuts a node off whose credentials were taken back. @default its broker does */
  drop?: (nodeId: string) => void;
}

/** Lets nodes in, and out again. */
export function createEnrol(ports: EnrolPorts): Enrolment {
  const { network, registry, tokens, hub, isOpen, isSecret, drop } = ports;

  return {
    async issue(nodeId, csrPem) {
      const { nodes } = await network.registered();
      const ids = nodes.map(({ id }) => id);
      if (!ids.includes(nodeId)) throw new NotFound(`There is no node "${nodeId}".`, near(nodeId, ids));
      return registry.register(nodeId, csrPem);
    },
    async revoke(nodeId) {
      const had = await registry.unregister(nodeId);
      drop?.(nodeId);
      if (!had)
        throw new NotFound(`The node "${nodeId}" has no credentials.`, 'List the nodes with GET /nodes.');
    },
    token: (principal) => tokens.issue({ subject: principal.subject }),
    async join(request) {
      const { nodeId, token, csrPem, secret } = request;
      const isBack = secret !== undefined && (await isSecret(nodeId, secret));
      const isLetIn = isBack || (token === undefined ? isOpen : (await tokens.redeem(token)) !== undefined);
      if (!isLetIn) throw refused(token);
      if (nodeId === hub)
        throw new InvalidInput(`"${hub}" is the node of this host itself.`, 'Give the node another id.');
      const links = linksOf(hub, request);
      const credentials = await registry.register(nodeId, csrPem, secret);
      try {
        const registered = await network.change((standing) => joined(standing, hub, request, links));
        return { credentials, hub, links: between(registered, hub, nodeId) };
      } catch (error) {
        // Nobody was told of them.
        if (!isBack) await registry.unregister(nodeId);
        throw error;
      }
    },
  };
}

/** What a link is taken to carry until somebody says otherwise. */
const NOMINAL: Record<Channel, { rateBitsPerSecond: number; delayMs: number }> = {
  primary: { rateBitsPerSecond: 10_000_000, delayMs: 50 },
  secondary: { rateBitsPerSecond: 1_000_000, delayMs: 150 },
  satellite: { rateBitsPerSecond: 64_000, delayMs: 600 },
  mesh: { rateBitsPerSecond: 250_000, delayMs: 50 },
};

function joined(
  standing: Registered,
  hub: string,
  { nodeId, kind, capabilities, position, concurrency, types }: JoinRequest,
  links: readonly NetworkLink[],
): NetworkEdit | undefined {
  const node: NetworkNode = {
    id: nodeId,
    kind,
    capabilities,
    ...(position && { position }),
    ...(concurrency !== undefined && { concurrency }),
    ...(types && { types }),
  };
  const isKnown = standing.nodes.some(({ id }) => id === hub);
  const nodes = isKnown ? [node] : [{ id: hub, kind: 'cloud' as const, capabilities: [] }, node];
  // What somebody registered of these links goes before what is taken of all.
  const isNew = (link: NetworkLink) =>
    !standing.links.some(
      ({ from, to, channel }) => from === link.from && to === link.to && channel === link.channel,
    );
  const file = { nodes, links: links.filter(isNew) };
  return putFile(standing, file, 'The body', (list, index) => `${list}[${index}]`);
}

function linksOf(hub: string, { nodeId, channels }: JoinRequest): NetworkLink[] {
  const link = (from: string, to: string, { channel, ...own }: JoiningChannel): NetworkLink => {
    const id = `${from}-${to}-${channel}`;
    if (id.length > 64)
      throw new InvalidInput(
        `The link "${id}" would have an id of ${id.length} characters; 64 are the most.`,
        'Give the node a shorter id.',
      );
    return { id, from, to, channel, ...NOMINAL[channel], ...own };
  };
  return channels.flatMap((one) => [link(hub, nodeId, one), link(nodeId, hub, one)]);
}

const between = ({ links }: Registered, hub: string, node: string): string[] =>
  links
    .filter(({ from, to }) => (from === hub && to === node) || (from === node && to === hub))
    .map(({ id }) => id);

const refused = (token: string | undefined): HttpRefusal =>
  new HttpRefusal(
    401,
    'JoinTokenNeeded',
    token === undefined
      ? 'No token came, and this host lets no node join without.'
      : 'The token is none of this host, was used before, or its time is over.',
    'Ask an operator for one, which lets one node join within 15 minutes: npx holdfast join-token, or POST /join-tokens.',
  );
