/** What a node is and belongs to: as it is told now, else as it was told before. */
import { hostname } from 'node:os';
import { InvalidInput } from '../core/errors.ts';
import { HUB } from '../core/node/node.ts';
import type { EdgeOptions } from './edge.ts';
import {
  type EdgeChannel,
  hasJoined,
  joinHost,
  keepMembership,
  type Membership,
  membershipIn,
  secretToJoin,
} from './join.ts';

const PRIMARY: readonly EdgeChannel[] = [{ channel: 'primary' }];

/** Joins the host unless this data directory has. Errors: `JoinFailed`, `InvalidInput`. */
export async function settle(
  dataDir: string,
  options: EdgeOptions,
): Promise<{ membership: Membership; isNew: boolean }> {
  const known = membershipIn(dataDir);
  if (known !== undefined) checkMembership(dataDir, known, options);
  const membership = known === undefined ? await join(dataDir, options) : updated(known, options);
  keepMembership(dataDir, membership);
  hasJoined(dataDir);
  return { membership, isNew: known === undefined };
}

function join(dataDir: string, options: EdgeOptions): Promise<Membership> {
  const { hubUrl, token, nodeId = ownName(), kind = 'edge', capabilities = [], position } = options;
  if (hubUrl === undefined)
    throw new InvalidInput(
      `The node of ${dataDir} has joined no host.`,
      'Give the address of one, which it joins: --join https://host.example.org.',
    );
  const { concurrency, channels = PRIMARY } = options;
  const node = {
    nodeId,
    kind,
    capabilities,
    ...(position && { position }),
    ...(concurrency !== undefined && { concurrency }),
  };
  const secret = secretToJoin(dataDir, { hubUrl, nodeId });
  return joinHost({ hubUrl, node, secret, channels, ...(token !== undefined && { token }) });
}

/** The host learns of it by the next hello. */
function updated(
  known: Membership,
  { capabilities, position, concurrency, channels = [] }: EdgeOptions,
): Membership {
  const given = { capabilities, position, concurrency };
  const said = Object.entries(given).filter(([, value]) => value !== undefined);
  const urls = channels.flatMap(({ channel, url }) => (url === undefined ? [] : [[channel, url] as const]));
  return {
    ...known,
    node: { ...known.node, ...Object.fromEntries(said) },
    brokerUrls: { ...known.brokerUrls, ...Object.fromEntries(urls) },
  };
}

/** The machine's, in the characters of an id. */
function ownName(): string {
  const name = hostname()
    .split('.')[0]!
    .replaceAll(/[^A-Za-z0-9_-]+/g, '-')
    .replace(/^[-_]+/, '')
    .slice(0, 40);
  if (name !== '' && name !== HUB && name !== 'localhost') return name;
  throw new InvalidInput(
    `This machine is called "${hostname()}", which makes no id of a node.`,
    'Give it one to join with: --id edge-1.',
  );
}

function checkMembership(dataDir: string, { nodeId, hubUrl }: Membership, given: EdgeOptions): void {
  if (given.nodeId !== undefined && given.nodeId !== nodeId)
    throw new InvalidInput(
      `${dataDir} is of the node "${nodeId}", and "${given.nodeId}" was given.`,
      'Give each node a data directory of its own.',
    );
  if (given.hubUrl !== undefined && plain(given.hubUrl) !== plain(hubUrl))
    throw new InvalidInput(
      `${dataDir} belongs to the host at ${hubUrl}, and ${given.hubUrl} was given.`,
      'Join another host from another data directory.',
    );
}

const plain = (url: string): string => (URL.canParse(url) ? new URL(url).href.replace(/\/$/, '') : url);
