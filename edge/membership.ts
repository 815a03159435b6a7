/** What a node is and belongs to: as it is told now, else as it was told before. */
import { hostname } from 'node:os';
import { SystemClock } from '../adapters/system/clock.ts';
import { InvalidInput } from '../core/errors.ts';
import { CHANNELS, HUB } from '../core/node/node.ts';
import { replaced } from '../core/node/former-keys.ts';
import type { EdgeOptions } from './edge.ts';
import {
  type EdgeChannel,
  hasJoined,
  isJoining,
  JoinFailed,
  joinHost,
  keepMembership,
  type Membership,
  membershipIn,
  secretToJoin,
} from './join.ts';

/** A node that has joined can do without its host. */
const AGAIN_MS = 5000;
const PRIMARY: readonly EdgeChannel[] = [{ channel: 'primary' }];

/** Joins the host unless this data directory has. Errors: `JoinFailed`, `InvalidInput`. */
export async function settle(
  dataDir: string,
  options: EdgeOptions,
): Promise<{ membership: Membership; isNew: boolean }> {
  const known = membershipIn(dataDir);
  if (known !== undefined) checkMembership(dataDir, known, options);
  const standing = known && updated(known, options);
  const joined = standing ? await joinAgain(dataDir, standing, options) : await join(dataDir, options);
  const membership = joined ?? standing!;
  keepMembership(dataDir, membership);
  if (joined !== undefined) hasJoined(dataDir);
  return { membership, isNew: known === undefined };
}

async function join(dataDir: string, options: EdgeOptions, timeoutMs?: number): Promise<Membership> {
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
  const joining = { hubUrl, node, secret, channels, ...(token !== undefined && { token }) };
  return joinHost({ ...joining, ...(timeoutMs !== undefined && { timeoutMs }) });
}

/**
 * A token to one that has joined is to let it in anew: its credentials were taken back. Undefined where they were not, the token was
 * used for that already, or nobody answers: it goes on with what it has.
 */
async function joinAgain(
  dataDir: string,
  known: Membership,
  options: EdgeOptions,
): Promise<Membership | undefined> {
  const { token, clock = new SystemClock(), logger } = options;
  if (token === undefined && !isJoining(dataDir)) return undefined;
  const { hubUrl, nodeId, node, brokerUrls, formerKeys = [] } = known;
  const channels = CHANNELS.flatMap((channel) => {
    const url = brokerUrls[channel];
    return url === undefined ? [] : [{ channel, url }];
  });
  const given = { ...options, ...node, hubUrl, nodeId, channels };
  try {
    const joined = await join(dataDir, given, AGAIN_MS);
    const { bundleKey } = known.credentials;
    const last = bundleKey === joined.credentials.bundleKey ? undefined : bundleKey;
    const former = replaced(last, formerKeys, clock.now());
    return { ...joined, networkVersion: known.networkVersion, formerKeys: former };
  } catch (error) {
    if (!(error instanceof JoinFailed)) throw error;
    if (error.isRefused) hasJoined(dataDir);
    logger?.info('the node goes on with the credentials that it has', { reason: error.message });
    return undefined;
  }
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
