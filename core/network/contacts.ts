/** When what is registered can carry data, as contacts. */
import type { Contact } from '../contact-plan/contact.ts';
import { parsePlan } from '../contact-plan/plan.ts';
import type { Channel } from '../node/node.ts';
import type { NetworkLink, NetworkNode, Registered, StoredConstellation, StoredPlan } from './network.ts';

export interface Horizon {
  fromMs: number;
  toMs: number;
}

/** What stands behind a contact: a registered link, or the satellites or the plan that it is of. */
export interface Carrier {
  id: string;
  channel: Channel;
  link?: NetworkLink;
}

/** How what is no registered link is called in routes; ids of links have no colon, and names no slash. */
export const carrierId = {
  constellation: (name: string) => `satellites:${name}`,
  plan: (name: string) => `plan:${name}`,
};

/** A satellite that isn't in the plan, or not from some time on. */
export interface LeftOutSatellite {
  constellation: string;
  satellite: string;
  fromMs: number;
  reason: string;
}

/** Lets other work in; passes of many satellites take seconds. */
export type Pause = () => Promise<void>;

/** Links that are always there last as long as the horizon; losses make them slower, as what was lost is sent again. */
export function staticContacts(links: readonly NetworkLink[], { fromMs, toMs }: Horizon): Contact[] {
  return links
    .filter(({ viaContacts }) => viaContacts !== true)
    .map((link) => ({
      from: link.from,
      to: link.to,
      startMs: fromMs,
      endMs: toMs,
      rateBitsPerSecond: netRate(link),
      delayMs: link.delayMs,
      linkId: link.id,
    }));
}

/** The contacts of a plan within the horizon. */
export function planContacts(
  { name, startsMs, rateBitsPerSecond }: StoredPlan,
  text: string,
  horizon: Horizon,
): Contact[] {
  const linkId = linksOf(carrierId.plan(name));
  return parsePlan(text, name, { rateBitsPerSecond })
    .contacts.map(
      (contact): Contact => ({
        ...contact,
        startMs: contact.startMs + startsMs,
        endMs: contact.endMs + startsMs,
        ...(contact.rateSteps && {
          rateSteps: contact.rateSteps.map((step) => ({ ...step, atMs: step.atMs + startsMs })),
        }),
        linkId: linkId(contact),
      }),
    )
    .filter(({ startMs, endMs }) => endMs > horizon.fromMs && startMs < horizon.toMs);
}

/** The contacts of a constellation's passes over nodes with a position, and between its satellites. */
export async function constellationContacts(
  settings: StoredConstellation,
  tle: string,
  nodes: readonly NetworkNode[],
  { fromMs, toMs }: Horizon,
  pause: Pause,
): Promise<{ contacts: Contact[]; leftOut: LeftOutSatellite[] }> {
  const { name, rateBitsPerSecond: rate, minElevationDegrees: minElevationDeg, interSatellite } = settings;
  // SGP4 comes with it: loaded where there are satellites.
  const { flyConstellation } = await import('./flight.ts');
  const flown = flyConstellation({ name, tle, fromMs, rate, minElevationDeg, interSatellite, nodes });
  for (const _ of flown.extending(toMs)) await pause();
  const linkId = linksOf(carrierId.constellation(name));
  return {
    contacts: flown.contacts().map((contact) => ({ ...contact, linkId: linkId(contact) })),
    leftOut: flown.leftOut.map((one) => ({ constellation: name, ...one })),
  };
}

/**
 * Gives contacts to the registered links that are usable in contacts only, by the nodes between which they are. The link's
 * rate and loss bound them, its delay stands where the plan knows none. What overlaps is carried once.
 */
export function throughLinks(contacts: readonly Contact[], links: readonly NetworkLink[]): Contact[] {
  const byEnds = new Map<string, { link: NetworkLink; contacts: Contact[] }>();
  for (const link of links)
    if (link.viaContacts && !byEnds.has(endsOf(link))) byEnds.set(endsOf(link), { link, contacts: [] });
  const others = contacts.filter((contact) => {
    const through = byEnds.get(endsOf(contact));
    through?.contacts.push(bounded(contact, through.link));
    return through === undefined;
  });
  return [...others, ...[...byEnds.values()].flatMap((through) => apart(through.contacts))];
}

/** A link for each pair of nodes, so that one of them stands for itself; what it is of comes before the slash. */
function linksOf(carrier: string): (ends: Pick<Contact, 'from' | 'to'>) => string {
  const ids = new Map<string, string>();
  return ({ from, to }) => {
    const id = `${carrier}/${from} → ${to}`;
    const known = ids.get(id);
    if (known === undefined) ids.set(id, id);
    return known ?? id;
  };
}

/** What carries a contact of a compiled network. */
export const carrierOf = (carriers: ReadonlyMap<string, Carrier>, { linkId = '' }: Contact): Carrier =>
  carriers.get(linkId.split('/', 1)[0]!)!;

/** What carries contacts, by its id. */
export function carriersOf({ links, constellations, plans }: Registered): Map<string, Carrier> {
  const satellite = (id: string): Carrier => ({ id, channel: 'satellite' });
  const all = [
    ...links.map((link): Carrier => ({ id: link.id, channel: link.channel, link })),
    ...constellations.map(({ name }) => satellite(carrierId.constellation(name))),
    ...plans.map(({ name }) => satellite(carrierId.plan(name))),
  ];
  return new Map(all.map((carrier) => [carrier.id, carrier]));
}

const netRate = ({ rateBitsPerSecond, lossRatio = 0 }: NetworkLink): number =>
  rateBitsPerSecond * (1 - lossRatio);

const endsOf = ({ from, to }: { from: string; to: string }): string => JSON.stringify([from, to]);

function bounded(contact: Contact, link: NetworkLink): Contact {
  const most = netRate(link);
  return {
    ...contact,
    linkId: link.id,
    rateBitsPerSecond: Math.min(contact.rateBitsPerSecond, most),
    ...(contact.rateSteps && {
      rateSteps: contact.rateSteps.map(({ atMs, rateBitsPerSecond }) => ({
        atMs,
        rateBitsPerSecond: Math.min(rateBitsPerSecond, most),
      })),
    }),
    delayMs: contact.delayMs > 0 ? contact.delayMs : link.delayMs,
  };
}

/** By start, each from where the one before ends; rates that change are kept as far as they last. */
function apart(contacts: readonly Contact[]): Contact[] {
  const kept: Contact[] = [];
  for (const contact of contacts.toSorted((a, b) => a.startMs - b.startMs || b.endMs - a.endMs)) {
    const startMs = Math.max(contact.startMs, kept.at(-1)?.endMs ?? -Infinity);
    if (startMs >= contact.endMs) continue;
    kept.push(startMs === contact.startMs ? contact : from(contact, startMs));
  }
  return kept;
}

function from(contact: Contact, startMs: number): Contact {
  const { rateSteps = [], ...rest } = contact;
  const before = rateSteps.filter(({ atMs }) => atMs <= startMs).at(-1);
  const after = rateSteps.filter(({ atMs }) => atMs > startMs);
  return {
    ...rest,
    startMs,
    rateBitsPerSecond: before?.rateBitsPerSecond ?? contact.rateBitsPerSecond,
    ...(after.length > 0 && { rateSteps: after }),
  };
}
