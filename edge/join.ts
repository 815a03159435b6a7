/** How a node comes to its host: it joins once, and keeps what it was given. */
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import * as z from 'zod';
import type { Joined, JoinRequest } from '../core/api/enrolment.ts';
import { parse } from '../core/api/parse.ts';
import { HoldfastError, InvalidInput } from '../core/errors.ts';
import { type Channel, CHANNELS, NODE_KINDS } from '../core/node/node.ts';
import { joiningFile, nodeFile } from '../embedded/owner.ts';
import type { FormerKey } from '../core/node/former-keys.ts';
import { checkedNodeId } from '../core/node/topics.ts';

/** What a node keeps of its host. */
export interface Membership extends Joined {
  /** Of the host's HTTP API. */
  hubUrl: string;
  nodeId: string;
  /** What it says of itself. */
  node: Self;
  /** The broker's address over each channel. */
  brokerUrls: Partial<Record<Channel, string>>;
  /** Of the network as the host last told it. */
  networkVersion: number;
  /** Of bundles, before it joined again. */
  formerKeys?: FormerKey[];
}

export type Self = Pick<JoinRequest, 'kind' | 'capabilities' | 'position' | 'concurrency'>;

export interface JoinOptions {
  /** Of the host's HTTP API. */
  hubUrl: string;
  /** Lets this node join. @default the host lets everybody join */
  token?: string;
  node: Self & Pick<JoinRequest, 'nodeId'>;
  /** Of `joiningIn`. */
  secret: string;
  /** @default as long as the network takes */
  timeoutMs?: number;
  /** Over which the host is reached, each at its own address of a broker or, where none is given, at the host's own. */
  channels: readonly EdgeChannel[];
}

export interface EdgeChannel {
  channel: Channel;
  /** `wss://host/mqtt`, `mqtts://host:8883`. @default the broker that the host names */
  url?: string;
  /** As planned. @default what the host takes of such a channel */
  rateBitsPerSecond?: number;
  /** One way, as planned. */
  delayMs?: number;
}

/** The host could not be joined. */
export class JoinFailed extends HoldfastError {
  override readonly name = 'JoinFailed';
  override readonly kind = 'unavailable';
  /** The host answered, and won't. */
  readonly isRefused: boolean;

  constructor(message: string, fix: string, isRefused = false) {
    super(message, fix);
    this.isRefused = isRefused;
  }
}

const membershipSchema = z.looseObject({
  hubUrl: z.string(),
  nodeId: z.string(),
  hub: z.string(),
  credentials: z.looseObject({ nodeId: z.string() }),
  node: z.looseObject({ kind: z.enum(NODE_KINDS), capabilities: z.array(z.string()) }),
  brokerUrls: z.partialRecord(z.enum(CHANNELS), z.string()),
  networkVersion: z.int(),
});

/** The host that a data directory belongs to; undefined: it has joined none. Errors: `InvalidInput`. */
export function membershipIn(dataDir: string): Membership | undefined {
  const file = nodeFile(dataDir);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const kept = JSON.parse(text) as Membership;
    parse(membershipSchema, kept, 'what it holds');
    return kept;
  } catch (error) {
    throw new InvalidInput(
      `${file} is damaged: ${(error as Error).message}.`,
      'Take the credentials of this node back at its host, delete the file, and join again.',
    );
  }
}

export function keepMembership(dataDir: string, membership: Membership): void {
  keep(dataDir, nodeFile(dataDir), membership);
}

/** Only its owner may read it: it holds the node's secret. Whole or not at all, and durable. */
function keep(dataDir: string, file: string, content: object): void {
  mkdirSync(dataDir, { recursive: true });
  writeFileSync(`${file}.new`, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600, flush: true });
  chmodSync(`${file}.new`, 0o600);
  renameSync(`${file}.new`, file);
}

interface Joining {
  hubUrl: string;
  nodeId: string;
  secret: string;
}

/** A secret for the node to join with, the same until it has: a host that has let it in already does so again. */
export function secretToJoin(dataDir: string, { hubUrl, nodeId }: Omit<Joining, 'secret'>): string {
  checkedNodeId(nodeId);
  const begun = joiningIn(dataDir);
  if (begun?.hubUrl === hubUrl && begun.nodeId === nodeId) return begun.secret;
  const secret = randomBytes(32).toString('base64url');
  keep(dataDir, joiningFile(dataDir), { hubUrl, nodeId, secret } satisfies Joining);
  return secret;
}

/** It began to, and does not know what came of it. */
export const isJoining = (dataDir: string): boolean => joiningIn(dataDir) !== undefined;

/** It has joined, and what it was given is kept; or it was refused. */
export const hasJoined = (dataDir: string): void => rmSync(joiningFile(dataDir), { force: true });

/** One that is damaged is none: nothing but joining again comes of it. */
function joiningIn(dataDir: string): Joining | undefined {
  try {
    return JSON.parse(readFileSync(joiningFile(dataDir), 'utf8')) as Joining;
  } catch {
    return undefined;
  }
}

/** Asks the host for credentials; with the same secret it may be asked again. Errors: `JoinFailed`, `InvalidInput`. */
export async function joinHost(options: JoinOptions): Promise<Membership> {
  const { hubUrl, token, node, secret, channels, timeoutMs } = options;
  const { nodeId } = node;
  checkedNodeId(nodeId);
  const offered = channels.map(({ channel, rateBitsPerSecond, delayMs }) => ({
    channel,
    rateBitsPerSecond,
    delayMs,
  }));
  const proof = { secret, ...(token !== undefined && { token }) };
  const joined = await ask(hubUrl, { ...node, ...proof, channels: offered }, timeoutMs);
  const named = joined.credentials.brokerUrl ?? mqttOf(hubUrl);
  const brokerUrls = Object.fromEntries(channels.map(({ channel, url = named }) => [channel, url]));
  const { nodeId: _, ...self } = node;
  return { ...joined, hubUrl, nodeId, node: self, brokerUrls, networkVersion: 0 };
}

async function ask(hubUrl: string, request: JoinRequest, timeoutMs?: number): Promise<Joined> {
  const url = addressOf(hubUrl, 'join');
  let response: Response;
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(request),
      ...(timeoutMs !== undefined && { signal: AbortSignal.timeout(timeoutMs) }),
    });
  } catch (error) {
    const { cause } = error as { cause?: Error };
    throw new JoinFailed(
      `Nobody answers at ${url.origin}: ${cause?.message ?? (error as Error).message}.`,
      'Give --join the address of the host, and see that it is reached from here.',
    );
  }
  const body = await response.text();
  if (response.ok) return JSON.parse(body) as Joined;
  const { detail, fix } = problemIn(body);
  throw new JoinFailed(
    `${url.origin} does not let "${request.nodeId}" join (${response.status}): ${detail}`,
    fix,
    response.status < 500,
  );
}

function problemIn(body: string): { detail: string; fix: string } {
  try {
    const { detail, title, fix } = JSON.parse(body) as Record<string, string | undefined>;
    return { detail: detail ?? title ?? body, fix: fix ?? 'See what the host says, and join again.' };
  } catch {
    return { detail: body.slice(0, 200), fix: 'Give --join the address of a Holdfast host.' };
  }
}

function addressOf(hubUrl: string, path: string): URL {
  if (URL.canParse(hubUrl) && /^https?:$/.test(new URL(hubUrl).protocol))
    return new URL(path, hubUrl.endsWith('/') ? hubUrl : `${hubUrl}/`);
  throw new InvalidInput(`"${hubUrl}" is no address of a host.`, 'Give such as https://host.example.org.');
}

/** The host's own broker, on the same port. */
function mqttOf(hubUrl: string): string {
  const url = addressOf(hubUrl, 'mqtt');
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url.href;
}
