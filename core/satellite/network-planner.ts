/** Bundles on their way through a whole network: routed, booked, and planned again when something better takes their place. */
import type { Booking, Bookings, Transmission } from '../contact-plan/bookings.ts';
import { Conflict } from '../errors.ts';
import { Heap, type Heaped } from '../heap.ts';
import { checkTime } from '../link-health/checks.ts';
import type { Hop, Route } from '../routing/route.ts';
import type { Router } from '../routing/router.ts';
import { PRECEDENCES, type Precedence } from './precedence.ts';

export interface PlannedBundle {
  id: string;
  from: string;
  to: string;
  sizeBytes: number;
  precedence: Precedence;
  /** When it is at `from`. */
  readyMs: number;
  /** @default none */
  deadlineMs?: number;
}

/** A bundle whose contacts were given to a higher precedence. */
export interface Moved {
  id: string;
  before: Hop[];
  /** From where it is on; undefined where there is no way now: it waits, see `unrouted`. */
  after: Hop[] | undefined;
}

export interface Submitted {
  /** Undefined where no route arrives in time: it waits, see `unrouted`. */
  route: Route | undefined;
  moved: Moved[];
}

export interface NetworkPlannerPorts {
  /** Over the same bookings. */
  router: Router;
  bookings: Bookings;
}

interface Plan extends Heaped {
  bundle: PlannedBundle;
  order: number;
  /** Contacts that it has begun to take. */
  done: Hop[];
  /** Those to come; undefined while there are none. */
  hops: Hop[] | undefined;
}

interface OnAir extends Heaped {
  /** Of its booking. */
  id: string;
  sentMs: number;
}

/** So a transmission on the air is booked: nothing takes its place. */
const ON_AIR: Precedence = 'flash-override';

/**
 * Each bundle gets the earliest arrival that is left at its precedence, at the cost of what is lower; that is planned
 * again at once, the most precedent first. Only what hasn't begun to leave can be moved. Times never go back.
 */
export class NetworkPlanner {
  readonly #ports: NetworkPlannerPorts;
  readonly #plans = new Map<string, Plan>();
  /** By their next departure. */
  readonly #departures = new Heap<Plan>((a, b) => a.hops![0]!.departMs < b.hops![0]!.departMs);
  readonly #onAir = new Heap<OnAir>((a, b) => a.sentMs < b.sentMs);
  readonly #unrouted = new Map<string, Plan>();
  #order = 0;

  constructor(ports: NetworkPlannerPorts) {
    this.#ports = ports;
  }

  /** Errors: `Conflict` for an id that is planned already, those of `Router.route`. */
  submit(bundle: PlannedBundle, nowMs: number): Submitted {
    if (this.#plans.has(bundle.id))
      throw new Conflict(`Bundle ${bundle.id} is planned already.`, 'Withdraw it first, or give another id.');
    this.advance(nowMs);
    const plan: Plan = { bundle, order: this.#order++, done: [], hops: undefined, place: -1 };
    const { route, evicted } = this.#route(plan, nowMs);
    this.#plans.set(bundle.id, plan);
    return { route, moved: this.#move(evicted, nowMs) };
  }

  /** Takes a bundle out, arrived or not. Tells whether it was planned. What it has on the air stays booked. */
  withdraw(id: string): boolean {
    const plan = this.#plans.get(id);
    if (!plan) return false;
    this.#unbook(plan);
    this.#plans.delete(id);
    this.#unrouted.delete(id);
    return true;
  }

  /** What has begun to leave by now stays as it is. */
  advance(nowMs: number): void {
    checkTime(nowMs);
    const { bookings } = this.#ports;
    for (let plan = this.#departures.peek(); plan; plan = this.#departures.peek()) {
      const [hop] = plan.hops!;
      if (hop!.departMs > nowMs) break;
      this.#unbook(plan);
      plan.done.push(hop!);
      const id = `${plan.bundle.id}\0${plan.done.length}`;
      bookings.book({ id, precedence: ON_AIR, transmissions: [hop!] });
      this.#onAir.add({ id, sentMs: hop!.sentMs, place: -1 });
      this.#book(plan, plan.hops!.slice(1));
    }
    for (let sent = this.#onAir.peek(); sent && sent.sentMs <= nowMs; sent = this.#onAir.peek()) {
      this.#onAir.remove(sent);
      bookings.release(sent.id);
    }
  }

  /** Looks again for routes of what has none, the most precedent first. Gives those that have one now, and what they moved. */
  retry(nowMs: number): Moved[] {
    this.advance(nowMs);
    return this.#move([...this.#unrouted.values()], nowMs).filter(({ after }) => after !== undefined);
  }

  /** Every contact of a bundle, taken and to be taken; undefined where it isn't planned or has no route. */
  hopsOf(id: string): Hop[] | undefined {
    const plan = this.#plans.get(id);
    return plan?.hops && [...plan.done, ...plan.hops];
  }

  /** Ids of bundles that no route brings there in time. */
  unrouted(): string[] {
    return [...this.#unrouted.keys()];
  }

  /** A bundle is evicted only by what is above it, so in this order each is planned at most once. */
  #move(evicted: readonly Plan[], nowMs: number): Moved[] {
    const waiting = new Heap<{ plan: Plan; before: Hop[] } & Heaped>((a, b) => isBefore(a.plan, b.plan));
    const add = (plans: readonly Plan[]) => {
      for (const plan of plans) waiting.add({ plan, before: plan.hops ?? [], place: -1 });
    };
    const moved: Moved[] = [];
    add(evicted);
    for (let next = waiting.peek(); next; next = waiting.peek()) {
      waiting.remove(next);
      const { plan, before } = next;
      const { evicted: more } = this.#route(plan, nowMs);
      add(more);
      moved.push({ id: plan.bundle.id, before, after: plan.hops });
    }
    return moved;
  }

  #route(plan: Plan, nowMs: number): { route: Route | undefined; evicted: Plan[] } {
    const { to, sizeBytes, precedence, deadlineMs, from, readyMs } = plan.bundle;
    const last = plan.done.at(-1);
    const atMs = Math.max(nowMs, last?.arriveMs ?? readyMs);
    const query = { from: last?.to ?? from, to, atMs, sizeBytes, precedence, deadlineMs };
    const route = this.#ports.router.route(query);
    if (!route) {
      plan.hops = undefined;
      this.#unrouted.set(plan.bundle.id, plan);
      return { route, evicted: [] };
    }
    this.#unrouted.delete(plan.bundle.id);
    const evicted = this.#book(plan, route.hops).map(({ id }) => this.#plans.get(id)!);
    for (const other of evicted) if (other.place >= 0) this.#departures.remove(other);
    return { route, evicted };
  }

  #book(plan: Plan, hops: Hop[]): Booking[] {
    plan.hops = hops;
    if (hops.length === 0) return [];
    const { id, precedence } = plan.bundle;
    const { evicted } = this.#ports.bookings.book({ id, precedence, transmissions: hops as Transmission[] });
    this.#departures.add(plan);
    return evicted;
  }

  #unbook(plan: Plan): void {
    this.#ports.bookings.release(plan.bundle.id);
    if (plan.place >= 0) this.#departures.remove(plan);
  }
}

/** The most precedent first, and of those who came first. */
function isBefore(a: Plan, b: Plan): boolean {
  const rank = ({ bundle }: Plan) => PRECEDENCES.indexOf(bundle.precedence);
  return rank(a) < rank(b) || (rank(a) === rank(b) && a.order < b.order);
}
