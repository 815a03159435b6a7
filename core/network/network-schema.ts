/** What the API takes of networks, checked. */
import * as z from 'zod';
import { CHANNELS, NODE_KINDS } from '../node/node.ts';
import { type InterSatelliteLinks, NETWORK_LIMITS, type NetworkLink, type NetworkNode } from './network.ts';

const id = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/);
/** Satellites and the nodes of plans have names that others gave. */
const end = z.string().min(1).max(100);
const word = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.:/-]{0,63}$/);
const rateBitsPerSecond = z.number().min(0.001).max(1e15);
const text = z.string().min(1);

export const positionSchema = z.strictObject({
  latitudeDegrees: z.number().min(-90).max(90).describe('North is positive.'),
  longitudeDegrees: z.number().min(-180).max(360).describe('East is positive.'),
  altitudeM: z.number().min(-500).max(20_000).default(0).describe('Above the WGS 84 ellipsoid.'),
});

export const nodeSchema = z.strictObject({
  id,
  kind: z.enum(NODE_KINDS),
  capabilities: z.array(word).max(NETWORK_LIMITS.capabilities).default([]),
  position: positionSchema.optional().describe('With one, satellites pass over it.'),
  concurrency: z.int().min(1).max(1_000_000).optional().describe('Tasks at once.'),
  types: z
    .array(z.string().min(1).max(200))
    .max(NETWORK_LIMITS.types)
    .optional()
    .describe('Task types that it offers; any unless given.'),
}) satisfies z.ZodType<NetworkNode>;

export const linkSchema = z.strictObject({
  id,
  from: end,
  to: end,
  channel: z.enum(CHANNELS),
  rateBitsPerSecond,
  delayMs: z.number().min(0).max(1e9).describe('One way.'),
  lossRatio: z.number().min(0).max(0.99).optional().describe('Of what is sent; it is sent again.'),
  riskGroups: z
    .array(word)
    .max(NETWORK_LIMITS.riskGroups)
    .optional()
    .describe('What it fails together with: a conduit, a mast.'),
  viaContacts: z
    .boolean()
    .optional()
    .describe('Usable only in the contacts that satellites and plans give it.'),
}) satisfies z.ZodType<NetworkLink>;

export const networkFileSchema = z.strictObject({
  nodes: z.array(nodeSchema).max(NETWORK_LIMITS.nodes).default([]),
  links: z.array(linkSchema).max(NETWORK_LIMITS.links).default([]),
});

export const interSatelliteSchema = z.strictObject({
  rateBitsPerSecond,
  rangeM: z.number().min(1000).max(4e8).optional().describe('5,000 km unless given.'),
  pairs: z
    .array(z.tuple([end, end]))
    .max(NETWORK_LIMITS.satellitePairs)
    .optional()
    .describe('Satellites that can point at each other; each at each unless given.'),
}) satisfies z.ZodType<InterSatelliteLinks>;

export const constellationBody = z.strictObject({
  name: id,
  tle: text.describe('Element sets of two or three lines.'),
  minElevationDegrees: z.number().min(0).max(89).default(10),
  rateBitsPerSecond: rateBitsPerSecond.describe('Of each contact with the ground, up and down.'),
  interSatellite: interSatelliteSchema.optional(),
});

export const planBody = z.strictObject({
  name: id,
  plan: text.describe('HDTN, ION, A-SABR, dtn-tvg-util or pydtnsim: whichever it looks like.'),
  startsMs: z
    .number()
    .min(0)
    .max(8.64e15)
    .optional()
    .describe("Epoch milliseconds of the plan's time 0; needed unless its times count from 1970."),
  rateBitsPerSecond: rateBitsPerSecond
    .optional()
    .describe('Of every contact of a plan that states no rates.'),
});
