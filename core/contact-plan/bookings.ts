import { Conflict, InvalidInput } from '../errors.ts';
import { type Precedence, PRECEDENCES } from '../satellite/precedence.ts';
import type { ContactPlan } from './compile.ts';
import { Intervals } from './intervals.ts';

/** Time of a contact that a bundle takes up. */
export interface Transmission {
  /** Index into the plan's contacts. */
  contact: number;
  /** The first bit leaves. */
  departMs: number;
  /** The last bit has left. */
  sentMs: number;
}

export interface Booking {
  /** The bundle's, or whatever the caller calls it. */
  id: string;
  precedence: Precedence;
  transmissions: readonly Transmission[];
}

/**
 * What is taken of a plan's contacts: an overlay, so that the plan itself stays shared. Bookings never overlap.
 * A bundle sees as taken what bundles of its precedence or above have booked; what is lower gives way.
 */
export interface Bookings {
  /**
   * Takes the time, and evicts lower bookings that are in the way, wholly; the caller plans those again.
   * Errors: `Conflict` when some of the time is taken or outside its contact, `InvalidInput` when the id is taken;
   * nothing has changed then.
   */
  book(booking: Booking): { evicted: Booking[] };
  /** Gives the time back; undefined if there is none of that id. */
  release(id: string): Booking | undefined;
  get(id: string): Booking | undefined;
  list(): IterableIterator<Booking>;
  /** Milliseconds of a contact from a time on that a bundle of a precedence could still take, in pieces or not. */
  freeMs(contact: number, fromMs: number, precedence: Precedence): number;
  /** For searches: what is taken at a position, seen from a rank (index into `PRECEDENCES`). */
  takenAt(position: number, rank: number): Intervals | undefined;
  /** For searches: 1 where something is taken, by position. */
  readonly isTaken: Uint8Array;
}

export const rankOf = (precedence: Precedence): number => {
  const rank = PRECEDENCES.indexOf(precedence);
  if (rank === -1)
    throw new InvalidInput(
      `There is no precedence "${precedence}".`,
      `Use one of ${PRECEDENCES.join(', ')}.`,
    );
  return rank;
};

interface Taken {
  /** By rank: the time taken by that rank and above. */
  byRank: Intervals[];
  bookings: Set<Booking>;
}

export function createBookings(plan: ContactPlan): Bookings {
  const { positionOf, positions } = plan;
  const bookings = new Map<string, Booking>();
  const isTaken = new Uint8Array(positions.startMs.length);
  const takenAt = new Map<number, Taken>();

  return {
    isTaken,
    get: (id) => bookings.get(id),
    list: () => bookings.values(),
    takenAt: (position, rank) => takenAt.get(position)?.byRank[rank],
    release,
    freeMs,
    book(booking) {
      const rank = rankOf(booking.precedence);
      if (bookings.has(booking.id))
        throw new InvalidInput(`"${booking.id}" has a booking already.`, 'Release it first.');
      for (const transmission of booking.transmissions) refuseUnlessFree(transmission, rank);
      const evicted = new Set(booking.transmissions.flatMap(inTheWay));
      for (const { id } of evicted) release(id);
      bookings.set(booking.id, booking);
      for (const transmission of booking.transmissions) take(booking, transmission, rank);
      return { evicted: [...evicted] };
    },
  };

  function refuseUnlessFree({ contact, departMs, sentMs }: Transmission, rank: number): void {
    const position = positionOf[contact];
    const span = `[${departMs}, ${sentMs}] ms of contact ${contact}`;
    const isWithin =
      position !== undefined &&
      departMs >= positions.startMs[position]! &&
      sentMs >= departMs &&
      sentMs <= positions.endMs[position]!;
    if (!isWithin) throw new Conflict(`${span} is not within its window.`, 'Look for a route and book that.');
    if (overlaps(takenAt.get(position)?.byRank[rank], departMs, sentMs))
      throw new Conflict(`${span} is taken in part.`, 'Look for a route again and book that.');
  }

  function inTheWay({ contact, departMs, sentMs }: Transmission): Booking[] {
    const taken = takenAt.get(positionOf[contact]!);
    if (!overlaps(taken?.byRank.at(-1), departMs, sentMs)) return [];
    return [...taken!.bookings].filter(({ transmissions }) =>
      transmissions.some(
        (other) => other.contact === contact && other.departMs < sentMs && other.sentMs > departMs,
      ),
    );
  }

  function take(booking: Booking, { contact, departMs, sentMs }: Transmission, rank: number): void {
    const position = positionOf[contact]!;
    const known = takenAt.get(position);
    const taken = known ?? { byRank: PRECEDENCES.map(() => new Intervals()), bookings: new Set() };
    if (known === undefined) takenAt.set(position, taken);
    taken.bookings.add(booking);
    for (const intervals of taken.byRank.slice(rank)) intervals.add(departMs, sentMs);
    isTaken[position] = 1;
  }

  function release(id: string): Booking | undefined {
    const booking = bookings.get(id);
    if (booking === undefined) return undefined;
    bookings.delete(id);
    const rank = rankOf(booking.precedence);
    for (const { contact, departMs, sentMs } of booking.transmissions) {
      const position = positionOf[contact]!;
      const taken = takenAt.get(position)!;
      taken.bookings.delete(booking);
      for (const intervals of taken.byRank.slice(rank)) intervals.remove(departMs, sentMs);
      if (taken.bookings.size > 0) continue;
      takenAt.delete(position);
      isTaken[position] = 0;
    }
    return booking;
  }

  function freeMs(contact: number, fromMs: number, precedence: Precedence): number {
    const position = positionOf[contact];
    if (position === undefined)
      throw new InvalidInput(`There is no contact ${contact}.`, 'Give an index of the plan.');
    const start = Math.max(fromMs, positions.startMs[position]!);
    const end = positions.endMs[position]!;
    let free = Math.max(0, end - start);
    const taken = takenAt.get(position)?.byRank[rankOf(precedence)];
    if (taken === undefined) return free;
    const { bounds } = taken;
    for (let at = taken.firstEndingAfter(start); at < bounds.length; at += 2)
      free -= bounds[at + 1]! - Math.max(start, bounds[at]!);
    return Math.max(0, free);
  }
}

function overlaps(intervals: Intervals | undefined, start: number, end: number): boolean {
  const first = intervals?.bounds[intervals.firstEndingAfter(start)];
  return first !== undefined && first < end;
}
