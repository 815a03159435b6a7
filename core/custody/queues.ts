/** What waits for whom, as `GET /queues` tells it. */
import type { Channel } from '../node/node.ts';
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
}

export interface QueuesResponse {
  atMs: number;
  /** Id of the node that they are of. */
  node: string;
  queues: QueueState[];
  totals: CustodyTotals;
}

/** Adds a transfer that is open to the queue that it is in. */
export function count(queues: Map<string, QueueState>, transfer: Transfer): void {
  const { hop, destination, precedence, state, sizeBytes, acceptedMs } = transfer;
  const to = hop?.to ?? destination;
  const key = JSON.stringify([to, hop?.link, precedence]);
  const way = hop && { link: hop.link, channel: hop.channel };
  const none = { bundles: 0, bytes: 0, oldestMs: acceptedMs, waiting: 0, booked: 0, released: 0 };
  const queue = queues.get(key) ?? { to, ...way, precedence, ...none };
  queue.bundles++;
  queue.bytes += sizeBytes;
  queue.oldestMs = Math.min(queue.oldestMs, acceptedMs);
  if (state === 'waiting' || state === 'booked' || state === 'released') queue[state]++;
  if (state === 'booked' && hop)
    queue.nextContactMs = Math.min(queue.nextContactMs ?? Infinity, hop.departMs);
  queues.set(key, queue);
}

/** By neighbour and link, the most urgent first. */
export const inOrder = (queues: Iterable<QueueState>): QueueState[] =>
  [...queues].sort(
    (a, b) =>
      compare(a.to, b.to) ||
      compare(a.link ?? '', b.link ?? '') ||
      PRECEDENCES.indexOf(a.precedence) - PRECEDENCES.indexOf(b.precedence),
  );

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
