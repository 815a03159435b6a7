/** What becomes of planned traffic when its bytes really move through the contacts. */
import type { Contact } from '../contact-plan/contact.ts';
import { InvalidInput } from '../errors.ts';
import { VirtualTime } from './virtual-time.ts';

/** A bundle and the contacts that it is to take. No times: they come out of the replay. */
export interface Itinerary {
  id: string;
  /** Where it is. */
  from: string;
  to: string;
  sizeBytes: number;
  /** When it is there. */
  readyMs: number;
  /** Indices of contacts, in the order of travel. */
  contacts: readonly number[];
}

export interface ReplayOptions {
  /** For each contact, the ids of its bundles in the order in which it sends them. */
  orderOf: (contact: number) => readonly string[];
  /**
   * `last-bit`: a bundle arrives, and can go on, when it is there whole. `first-bit`: when it begins to be sent, while
   * the contact stays busy until the end; published results of dtnsim count so.
   * @default 'last-bit'
   */
  arrival?: 'last-bit' | 'first-bit';
  /** Arrivals after it don't count. @default none */
  endMs?: number;
}

export interface Replayed {
  /** By id, when it was there. */
  arrivalMs: Map<string, number>;
  /** Mean of arrival less ready, of those that arrived. */
  meanDelayMs: number;
  /** What missed the end of a contact that it was to take, or arrived too late. */
  undelivered: string[];
  /** By contact, the bytes that it carried. */
  carriedBytes: Map<number, number>;
}

interface Station {
  contact: Contact;
  index: number;
  order: readonly string[];
  next: number;
  freeMs: number;
  isAsked: boolean;
  /** Bundles that are at its sender. */
  present: Set<string>;
}

interface Traveller {
  itinerary: Itinerary;
  /** The next of its contacts. */
  hop: number;
  at: string;
}

/** Room for rounding: a transmission may end a microsecond after its contact. */
const TOLERANCE_MS = 1e-3;

/**
 * Moves bundles through contacts, each sending one at a time, in its order, as soon as the next is there. It knows
 * nothing of the planner and its bookings: what they got wrong shows as a bundle that misses a contact.
 * Errors: `InvalidInput` for itineraries that don't hang together.
 */
export function replay(
  contacts: readonly Contact[],
  itineraries: readonly Itinerary[],
  options: ReplayOptions,
): Replayed {
  const { arrival = 'last-bit', endMs = Infinity, orderOf } = options;
  const time = new VirtualTime(-Infinity);
  const travellers = new Map(itineraries.map((itinerary) => [itinerary.id, startOf(itinerary, contacts)]));
  if (travellers.size < itineraries.length)
    throw new InvalidInput('Two itineraries have one id.', 'Give each bundle an id of its own.');
  const stations = new Map<number, Station>();
  const lost = new Set<string>();
  const arrivalMs = new Map<string, number>();
  const carriedBytes = new Map<number, number>();
  for (const traveller of travellers.values()) time.at(traveller.itinerary.readyMs, () => proceed(traveller));
  time.run();
  return summary();

  function proceed(traveller: Traveller): void {
    const { itinerary, hop, at } = traveller;
    if (at === itinerary.to && hop === itinerary.contacts.length) {
      if (time.nowMs <= endMs) arrivalMs.set(itinerary.id, time.nowMs);
      return;
    }
    const station = stationOf(itinerary.contacts[hop]!);
    if (time.nowMs >= station.contact.endMs) return lose(traveller);
    station.present.add(itinerary.id);
    serve(station);
  }

  /** What was to be sent after it elsewhere doesn't wait for it. */
  function lose({ itinerary, hop }: Traveller): void {
    lost.add(itinerary.id);
    for (const contact of itinerary.contacts.slice(hop)) serve(stationOf(contact));
  }

  function serve(station: Station): void {
    const { contact, order, present } = station;
    while (!station.isAsked && station.next < order.length) {
      const id = order[station.next]!;
      const traveller = travellers.get(id);
      if (traveller && !lost.has(id) && !present.has(id)) return;
      const startMs = Math.max(time.nowMs, contact.startMs, station.freeMs);
      if (startMs > time.nowMs) return ask(station, startMs);
      station.next += 1;
      if (traveller && present.delete(id)) send(station, traveller);
    }
  }

  function ask(station: Station, atMs: number): void {
    station.isAsked = true;
    time.at(atMs, () => {
      station.isAsked = false;
      serve(station);
    });
  }

  function send(station: Station, traveller: Traveller): void {
    const { contact, index } = station;
    const { sizeBytes } = traveller.itinerary;
    const sentMs = sentAt(contact, time.nowMs, sizeBytes);
    if (sentMs > contact.endMs + TOLERANCE_MS) return lose(traveller);
    station.freeMs = sentMs;
    carriedBytes.set(index, (carriedBytes.get(index) ?? 0) + sizeBytes);
    time.at((arrival === 'last-bit' ? sentMs : time.nowMs) + contact.delayMs, () => {
      traveller.at = contact.to;
      traveller.hop += 1;
      proceed(traveller);
    });
  }

  function end({ present }: Station): void {
    for (const id of present) {
      present.delete(id);
      lose(travellers.get(id)!);
    }
  }

  function stationOf(index: number): Station {
    const known = stations.get(index);
    if (known) return known;
    const station = {
      contact: contacts[index]!,
      index,
      order: orderOf(index),
      next: 0,
      freeMs: -Infinity,
      isAsked: false,
      present: new Set<string>(),
    };
    stations.set(index, station);
    time.at(station.contact.endMs, () => end(station));
    return station;
  }

  function summary(): Replayed {
    let delayMs = 0;
    for (const [id, atMs] of arrivalMs) delayMs += atMs - travellers.get(id)!.itinerary.readyMs;
    return {
      arrivalMs,
      meanDelayMs: delayMs / arrivalMs.size,
      undelivered: [...travellers.keys()].filter((id) => !arrivalMs.has(id)),
      carriedBytes,
    };
  }
}

function startOf(itinerary: Itinerary, contacts: readonly Contact[]): Traveller {
  const { id, from, to, sizeBytes, readyMs } = itinerary;
  let at = from;
  for (const index of itinerary.contacts) {
    const contact = contacts[index];
    if (contact?.from !== at)
      throw new InvalidInput(
        `Bundle ${id} is at ${at} and is to take contact ${index}, which ${contact ? `starts at ${contact.from}` : "isn't there"}.`,
        'Give contacts that follow each other.',
      );
    at = contact.to;
  }
  if (at !== to)
    throw new InvalidInput(`Bundle ${id} is to go to ${to} and ends at ${at}.`, 'Lead it there.');
  if (!Number.isFinite(readyMs) || !(sizeBytes >= 0 && sizeBytes < Infinity))
    throw new InvalidInput(`Bundle ${id} has ${sizeBytes} bytes at ${readyMs} ms.`, 'Give finite numbers.');
  return { itinerary, hop: 0, at: from };
}

/** When the last bit has left; Infinity where the contact's rate stays 0. */
function sentAt(contact: Contact, startMs: number, sizeBytes: number): number {
  let left = sizeBytes * 8000;
  let now = startMs;
  let rate = contact.rateBitsPerSecond;
  for (const step of contact.rateSteps ?? []) {
    if (step.atMs > now) {
      const carried = (step.atMs - now) * rate;
      if (carried >= left) break;
      left -= carried;
      now = step.atMs;
    }
    rate = step.rateBitsPerSecond;
  }
  return left === 0 ? now : now + left / rate;
}
