/** What the HTTP API answers about the network; times come as ISO 8601 and as epoch milliseconds. */
import * as z from 'zod';
import { LINK_STATUSES } from '../link-health/state.ts';
import { interSatelliteSchema, linkSchema, nodeSchema } from '../network/network-schema.ts';
import { CHANNELS, CONDITIONS } from '../node/node.ts';
import { PRECEDENCES } from '../satellite/precedence.ts';
import { components } from './components.ts';

const iso = z.string();
const ms = z.number();
const count = z.int().min(0);
const version = count.describe('Of what is registered; it grows with each change.');
const notes = z.array(z.string()).describe('What was read and is not used as it was written.');

export const nodeView = nodeSchema
  .extend({
    condition: z
      .strictObject({
        condition: z.enum(CONDITIONS),
        sinceAt: iso,
        sinceMs: ms,
        reasons: z.array(z.string()),
        heldUntilAt: iso.optional().describe('It came and went too often to be believed before.'),
        heldUntilMs: ms.optional(),
      })
      .optional()
      .describe('By what is measured of its links; absent where nothing was.'),
    report: z
      .strictObject({
        taskTypes: z.array(z.string()),
        load: count.describe('Tasks that it has taken and not ended.'),
        atMs: ms,
        at: iso,
      })
      .optional()
      .describe('What it last said of itself.'),
  })
  .register(components, { id: 'Node' });

const connection = {
  nodeId: z.string(),
  brokerUrl: z.string().describe('The MQTT broker: a client id `<node>/<channel>` for each channel.'),
  bundleKey: z
    .string()
    .optional()
    .describe('Protects bundles between the node and this host: 32 bytes, base64url.'),
};
const secretView = z.strictObject({
  ...connection,
  secret: z.string().describe('The password.'),
});
const certificateView = z.strictObject({
  ...connection,
  certificatePem: z.string(),
  privateKeyPem: z.string().optional(),
});
export const credentialsView = z
  .union([secretView, certificateView])
  .register(components, { id: 'NodeCredentials' });
export const revokedView = z.strictObject({ nodeId: z.string() });
export const joinTokenView = z.strictObject({ token: z.string(), expiresAt: iso, expiresMs: ms });
export const joinedView = z.strictObject({
  credentials: credentialsView,
  hub: z.string().describe("This host's own node, which the links lead to and from."),
  links: z.array(z.string()),
});

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

export type CredentialsView = z.output<typeof credentialsView>;
export type JoinTokenView = z.output<typeof joinTokenView>;
export type JoinedView = z.output<typeof joinedView>;
export type NodeView = z.output<typeof nodeView>;
export type LinkView = z.output<typeof linkView>;
export type ConstellationView = z.output<typeof constellationView>;
export type PlanView = z.output<typeof planView>;
export type ContactView = z.output<typeof contactView>;
export type ContactsView = z.output<typeof contactsView>;
export type RouteView = z.output<typeof routeView>;
export type RoutesView = z.output<typeof routesView>;
export type NetworkChangeView = z.output<typeof networkView>;
