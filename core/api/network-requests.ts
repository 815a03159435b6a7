/** What the HTTP API takes about the network. */
import * as z from 'zod';
import { ALTERNATIVES_MAX, HOURS_MAX } from '../network/limits.ts';
import { linkSchema, nodeSchema } from '../network/network-schema.ts';
import { CHANNELS } from '../node/node.ts';
import { PRECEDENCES } from '../satellite/precedence.ts';
import { cursor, limit, wholeNumber } from './requests.ts';

export { constellationBody, linkSchema, nodeSchema, planBody } from '../network/network-schema.ts';

const node = z.string().min(1).max(100);
const at = z.string().min(1).max(40).describe('ISO 8601 or epoch milliseconds; now unless given.');
const hours = wholeNumber(1, HOURS_MAX).default(24).describe('How far ahead to look.');

export const contactsQuery = z.strictObject({
  from: node.optional(),
  to: node.optional(),
  at: at.optional(),
  hours,
  cursor: cursor.optional(),
  limit,
});

export const routesQuery = z.strictObject({
  from: node,
  to: node,
  at: at.optional(),
  size: wholeNumber(0, 1e15).default(0).describe('Bytes, which go as one.'),
  precedence: z.enum(PRECEDENCES).default('routine').describe('What it may displace where links are booked.'),
  alternatives: wholeNumber(0, ALTERNATIVES_MAX).default(0).describe('Further routes, the best first.'),
  disjoint: z
    .enum(['true', 'false'])
    .default('false')
    .describe('Also a pair of routes that share no node, link or risk group.'),
  hours,
});

const csrPem = z
  .string()
  .min(1)
  .max(16_384)
  .optional()
  .describe('A certificate signing request (PKCS #10, PEM), where nodes have certificates.');

export const credentialsBody = z.strictObject({ csrPem });

const { rateBitsPerSecond, delayMs } = linkSchema.shape;

export const joinBody = nodeSchema.omit({ id: true }).extend({
  nodeId: nodeSchema.shape.id,
  kind: nodeSchema.shape.kind.default('edge'),
  channels: z
    .array(
      z.strictObject({
        channel: z.enum(CHANNELS),
        rateBitsPerSecond: rateBitsPerSecond.optional(),
        delayMs: delayMs.optional(),
      }),
    )
    .min(1)
    .max(CHANNELS.length)
    .default([{ channel: 'primary' }])
    .describe('What it is reached over: a link there and one back each, unless they are registered.'),
  token: z.string().min(1).max(200).optional().describe('Of POST /join-tokens.'),
  secret: z
    .string()
    .regex(/^[A-Za-z0-9_-]{43,128}$/)
    .optional()
    .describe(
      'Made by the node. With the same one it may join again; it gets the same answer, or a new certificate.',
    ),
  csrPem,
});

export type JoinBody = z.input<typeof joinBody>;
