/** What the HTTP API answers about the network; times come as ISO 8601 and as epoch milliseconds. */
import * as z from 'zod';
import { LINK_STATUSES } from '../link-health/state.ts';
import { interSatelliteSchema, linkSchema, nodeSchema } from '../network/network-schema.ts';
import { CHANNELS } from '../node/node.ts';
import { PRECEDENCES } from '../satellite/precedence.ts';
import { components } from './components.ts';

const iso = z.string();
const ms = z.number();
const count = z.int().min(0);
const version = count.describe('Of what is registered; it grows with each change.');
const notes = z.array(z.string()).describe('What was read and is not used as it was written.');

export const nodeView = nodeSchema.register(components, { id: 'Node' });

export const linkView = linkSchema
  .extend({
    state: z
      .strictObject({
        status: z.enum(LINK_STATUSES),
        sinceAt: iso,
        sinceMs: ms,
        isDegraded: z.boolean(),
        lossRatio: z.number(),
        rttMs: ms.optional(),
        rateBitsPerSecond: z.number().optional(),
        reasons: z.array(z.string()),
        measuredAt: iso,
      })
      .optional()
      .describe('As it was last measured.'),
  })
  .register(components, { id: 'Link' });

export const changedView = z.strictObject({ version });
export const networkView = z.strictObject({ version, changed: z.boolean(), nodes: count, links: count });

export const constellationView = z
  .strictObject({
    name: z.string(),
    satellites: count,
    minElevationDegrees: z.number(),
    rateBitsPerSecond: z.number(),
    interSatellite: interSatelliteSchema.optional(),
  })
  .register(components, { id: 'Constellation' });

export const planView = z
  .strictObject({
    name: z.string(),
    format: z.string(),
    contacts: count,
    nodes: count,
    startsAt: iso,
    startsMs: ms,
    rateBitsPerSecond: z.number().optional(),
  })
  .register(components, { id: 'ContactPlan' });

export const putConstellationView = constellationView.extend({ notes });
export const putPlanView = planView.extend({ notes });

const carried = {
  from: z.string(),
  to: z.string(),
  link: z.string().describe('Id of the link, or `satellites:<constellation>`, `plan:<contact plan>`.'),
  channel: z.enum(CHANNELS),
};

export const contactView = z
  .strictObject({
    ...carried,
    startsAt: iso,
    startMs: ms,
    endsAt: iso,
    endMs: ms,
    rateBitsPerSecond: z.number(),
    delayMs: ms,
  })
  .register(components, { id: 'Contact' });

export const contactsView = z.strictObject({
  items: z.array(contactView),
  nextCursor: z.string().optional(),
  leftOut: z
    .array(
      z.strictObject({ constellation: z.string(), satellite: z.string(), fromAt: iso, reason: z.string() }),
    )
    .describe('Satellites that can not be flown from some time on.'),
});

export const routeView = z
  .strictObject({
    arrivesAt: iso,
    arrivalMs: ms,
    hops: z.array(
      z.strictObject({
        ...carried,
        departsAt: iso,
        departMs: ms,
        arrivesAt: iso,
        arriveMs: ms,
        closesAt: iso.optional().describe('When its contact ends; absent for links that are always there.'),
        closesMs: ms.optional(),
      }),
    ),
    expiresAt: iso.optional().describe('When the first of its contacts ends.'),
    expiresMs: ms.optional(),
  })
  .register(components, { id: 'Route' });

export const routesView = z.strictObject({
  from: z.string(),
  to: z.string(),
  at: iso,
  atMs: ms,
  sizeBytes: z.number(),
  precedence: z.enum(PRECEDENCES),
  hours: z.int(),
  version,
  route: routeView.nullable(),
  reason: z.string().optional().describe('Why there is none.'),
  alternatives: z.array(routeView),
  disjoint: z
    .strictObject({ routes: z.array(routeView), reason: z.string().optional() })
    .optional()
    .describe('Two routes, or none and why.'),
});

export type NodeView = z.output<typeof nodeView>;
export type LinkView = z.output<typeof linkView>;
export type ConstellationView = z.output<typeof constellationView>;
export type PlanView = z.output<typeof planView>;
export type ContactView = z.output<typeof contactView>;
export type ContactsView = z.output<typeof contactsView>;
export type RouteView = z.output<typeof routeView>;
export type RoutesView = z.output<typeof routesView>;
export type NetworkChangeView = z.output<typeof networkView>;
