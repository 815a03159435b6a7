/** What the HTTP API answers about bundles in custody; times come as ISO 8601 and as epoch milliseconds. */
import * as z from 'zod';
import { TRANSFER_STATES } from '../custody/transfer.ts';
import { CHANNELS } from '../node/node.ts';
import { PRECEDENCES } from '../satellite/precedence.ts';
import { components } from './components.ts';

const iso = z.string();
const ms = z.number();
const count = z.int().min(0);
const amount = z.strictObject({ bundles: count, bytes: count });
const totals = Object.fromEntries(TRANSFER_STATES.map((state) => [state, amount])) as Record<
  (typeof TRANSFER_STATES)[number],
  typeof amount
>;

export const queueView = z
  .strictObject({
    to: z.string().describe('The next node; where they go in the end, for what has no way yet.'),
    link: z.string().optional().describe('Absent for what has no way yet.'),
    channel: z.enum(CHANNELS).optional(),
    precedence: z.enum(PRECEDENCES),
    bundles: count,
    bytes: count,
    waiting: count.describe('For a way.'),
    booked: count.describe('For a contact.'),
    released: count.describe('On their way, and not acknowledged yet.'),
    oldestAt: iso.describe('When the first of them came.'),
    oldestMs: ms,
    nextContactAt: iso.optional().describe('When the first of what is booked leaves, as planned.'),
    nextContactMs: ms.optional(),
    reason: z.string().describe('Why the oldest of them is where it is.'),
  })
  .register(components, { id: 'Queue' });

export const queuesView = z.strictObject({
  node: z.string().describe("This host's own."),
  at: iso,
  atMs: ms,
  queues: z.array(queueView),
  isPartial: z.boolean().describe('Only the most urgent bundles were looked at: there are too many.'),
  totals: z
    .strictObject({ accepted: amount, ...totals })
    .describe('Of all bundles since the first; `accepted` is the sum of the others.'),
});

export type QueueView = z.output<typeof queueView>;
export type QueuesView = z.output<typeof queuesView>;
