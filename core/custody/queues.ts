/** What waits for whom, as `GET /queues` tells it. */
import type { Channel } from '../node/node.ts';
import type { Clock } from '../ports/clock.ts';
import type { CustodyStore } from '../ports/custody-store.ts';
import { PRECEDENCES, type Precedence } from '../satellite/precedence.ts';
import type { CustodyTotals, Transfer } from './transfer.ts';

export interface QueueDepth {
  bundles: number;
  bytes: number;
  /** When the first of them came, epoch milliseconds. */
  oldestMs: number;
}

export interface QueueState extends QueueDepth {
  /** The next node; for what has no way yet, where it is going in the end. */
  to: string;
  /** Absent for what has no way yet. */
  link?: string;
  channel?: Channel;
  precedence: Precedence;
  waiting: number;
  booked: number;
  /** On its way, and not acknowledged yet. */
  released: number;
  /** When the first of what is booked leaves, as planned. */
  nextContactMs?: number;
  /** Why the one that came first is where it is. */
  reason: string;
}

export interface QueuesResponse {
  atMs: number;
  /** Id of the node that they are of. */
  node: string;
  queues: QueueState[];
  /** There are more bundles than are looked at; the most urgent are. */
  isPartial: boolean;
  totals: CustodyTotals;
}

export interface QueuesPorts {
  /** Id of this node. */
  node: string;
  custody: Pick<CustodyStore, 'open' | 'totals'>;
  clock: Pick<Clock, 'now'>;
}

/** Bundles that are looked at for one answer. */
export const QUEUES_BUNDLES_MAX = 50_000;
const PAGE = 1000;

/** Looks at what is open. Errors: `StoreUnavailable`. */
export async function queuesOf(
  { node, custody, clock }: QueuesPorts,
  bundlesMax = QUEUES_BUNDLES_MAX,
): Promise<QueuesResponse> {
  const found = new Map<string, QueueState>();
  let seen = 0;
  let cursor: string | undefined;
  do {
    const page = await custody.open({ limit: PAGE, ...(cursor !== undefined && { cursor }) });
    for (const transfer of page.transfers) count(found, transfer);
    seen += page.transfers.length;
    cursor = page.cursor;
  } while (cursor !== undefined && seen < bundlesMax);
  const queues = inOrder(found.values());
  return { atMs: clock.now(), node, queues, isPartial: cursor !== undefined, totals: await custody.totals() };
}

/** Adds a transfer that is open to the queue that it is in. */
function count(queues: Map<string, QueueState>, transfer: Transfer): void {
  const { hop, destination, precedence, state, sizeBytes, acceptedMs, reason } = transfer;
  const to = hop?.to ?? destination;
  const key = JSON.stringify([to, hop?.link, precedence]);
  const way = hop && { link: hop.link, channel: hop.channel };
  const none = { bundles: 0, bytes: 0, oldestMs: Infinity, waiting: 0, booked: 0, released: 0 };
  const queue = queues.get(key) ?? { to, ...way, precedence, ...none, reason };
  queue.bundles++;
  queue.bytes += sizeBytes;
  if (acceptedMs < queue.oldestMs) [queue.oldestMs, queue.reason] = [acceptedMs, reason];
  if (state === 'waiting' || state === 'booked' || state === 'released') queue[state]++;
  if (state === 'booked' && hop)
    queue.nextContactMs = Math.min(queue.nextContactMs ?? Infinity, hop.departMs);
  queues.set(key, queue);
}

/** By neighbour and link, the most urgent first. */
const inOrder = (queues: Iterable<QueueState>): QueueState[] =>
  [...queues].sort(
    (a, b) =>
      compare(a.to, b.to) ||
      compare(a.link ?? '', b.link ?? '') ||
      PRECEDENCES.indexOf(a.precedence) - PRECEDENCES.indexOf(b.precedence),
  );

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
