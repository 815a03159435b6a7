/** Shows the network as the API answers it. */
import type { QueuesResponse } from '../custody/queues.ts';
import type { NodeState } from './network-operations.ts';
import type { NetworkLink, NetworkNode, StoredConstellation, StoredPlan } from '../network/network.ts';
import type { NetworkContact, NetworkRoute, RouteAnswer } from '../network/view.ts';
import type { LeftOutSatellite } from '../network/contacts.ts';
import type { MeasuredLink } from '../ports/network-store.ts';
import type {
  ConstellationView,
  ContactsView,
  ContactView,
  LinkView,
  NodeView,
  PlanView,
  RoutesView,
  RouteView,
} from './network-schemas.ts';
import type { QueuesView } from './queue-schemas.ts';
import { isoTime } from './views.ts';

export function nodeDetailView(node: NetworkNode, { condition, report }: NodeState = {}): NodeView {
  const { heldUntilMs } = condition ?? {};
  return {
    ...node,
    ...(condition && {
      condition: {
        condition: condition.condition,
        sinceAt: isoTime(condition.sinceMs),
        sinceMs: condition.sinceMs,
        reasons: condition.reasons,
        ...(heldUntilMs !== undefined && { heldUntilMs, heldUntilAt: isoTime(heldUntilMs) }),
      },
    }),
    ...(report && {
      report: {
        taskTypes: report.taskTypes,
        load: report.load,
        atMs: report.atMs,
        at: isoTime(report.atMs),
      },
    }),
  };
}

export function linkDetailView(link: NetworkLink, measured: MeasuredLink | undefined): LinkView {
  if (measured === undefined) return link;
  const { status, sinceMs, isDegraded, lossRatio, rttMs, rateBitsPerSecond, reasons, atMs } = measured;
  const state = {
    status,
    sinceAt: isoTime(sinceMs),
    sinceMs,
    isDegraded,
    lossRatio,
    ...(rttMs !== undefined && { rttMs }),
    ...(rateBitsPerSecond !== undefined && { rateBitsPerSecond }),
    reasons,
    measuredAt: isoTime(atMs),
  };
  return { ...link, state };
}

export function constellationDetailView(constellation: StoredConstellation): ConstellationView {
  const { name, nodes, minElevationDegrees, rateBitsPerSecond, interSatellite } = constellation;
  const satellites = nodes.length;
  return {
    name,
    satellites,
    minElevationDegrees,
    rateBitsPerSecond,
    ...(interSatellite && { interSatellite }),
  };
}

export function planDetailView(plan: StoredPlan): PlanView {
  const { name, format, contacts, nodes, startsMs, rateBitsPerSecond } = plan;
  return {
    name,
    format,
    contacts,
    nodes: nodes.length,
    startsAt: isoTime(startsMs),
    startsMs,
    ...(rateBitsPerSecond !== undefined && { rateBitsPerSecond }),
  };
}

export const contactDetailView = (contact: NetworkContact): ContactView => ({
  ...contact,
  startsAt: isoTime(contact.startMs),
  endsAt: isoTime(contact.endMs),
});

export const leftOutView = ({ fromMs, ...one }: LeftOutSatellite): ContactsView['leftOut'][number] => ({
  ...one,
  fromAt: isoTime(fromMs),
});

export function routesDetailView({ route, alternatives, disjoint, ...answer }: RouteAnswer): RoutesView {
  return {
    ...answer,
    at: isoTime(answer.atMs),
    route: route === undefined ? null : routeDetailView(route),
    alternatives: alternatives.map(routeDetailView),
    ...(disjoint && { disjoint: { ...disjoint, routes: disjoint.routes.map(routeDetailView) } }),
  };
}

const routeDetailView = ({ arrivalMs, hops, expiresMs }: NetworkRoute): RouteView => ({
  arrivesAt: isoTime(arrivalMs),
  arrivalMs,
  hops: hops.map((hop) => ({
    ...hop,
    departsAt: isoTime(hop.departMs),
    arrivesAt: isoTime(hop.arriveMs),
    ...(hop.closesMs !== undefined && { closesAt: isoTime(hop.closesMs) }),
  })),
  ...(expiresMs !== undefined && { expiresMs, expiresAt: isoTime(expiresMs) }),
});

export const queuesDetailView = ({ queues, ...answer }: QueuesResponse): QueuesView => ({
  ...answer,
  at: isoTime(answer.atMs),
  queues: queues.map((queue) => ({
    ...queue,
    oldestAt: isoTime(queue.oldestMs),
    ...(queue.nextContactMs !== undefined && { nextContactAt: isoTime(queue.nextContactMs) }),
  })),
});
