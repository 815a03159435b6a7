/** Traffic and results as dtnsim has them, and its way to count time. */
import type { Bookings } from '../../core/contact-plan/bookings.ts';
import { type ContactPlan, compilePlan } from '../../core/contact-plan/compile.ts';
import { Intervals } from '../../core/contact-plan/intervals.ts';
import type { Conditions } from '../../core/routing/conditions.ts';
import type { Precedence } from '../../core/satellite/precedence.ts';

export interface Load {
  sizeBytes: number;
  perNode: number;
  intervalSeconds: number;
}

export interface PlannedBundle {
  id: string;
  from: string;
  to: string;
  sizeBytes: number;
  precedence: Precedence;
  /** When it is at `from`. */
  readyMs: number;
}

export interface Published extends Load {
  plan: string;
  sent: number;
  delivered: number;
  meanDelaySeconds: number;
}

/** `{columns, rows}`, a row a run. */
export function readPublished(text: string): Published[] {
  const { columns, rows } = JSON.parse(text) as { columns: string[]; rows: (string | number)[][] };
  return rows.map((row) => {
    const value = (column: string) => row[columns.indexOf(column)]!;
    return {
      plan: String(value('plan')),
      sizeBytes: Number(value('bundleBytes')),
      perNode: Number(value('perNode')),
      intervalSeconds: Number(value('interval_s')),
      sent: Number(value('sent')),
      delivered: Number(value('delivered')),
      meanDelaySeconds: Number(value('meanDelay_s')),
    };
  });
}

/** From an OMNeT++ ini: who sends to whom, where `app.enable` is true, and when all of it ends. */
export function readTraffic(ini: string): { destinations: Map<string, string>; endMs: number } {
  const nodes = (of: string): [number, number] => {
    const [first, last = first] = of.split('..').map(Number);
    return [first!, last!];
  };
  const settings = [...ini.matchAll(/^\s*\w+\.node\[([\d.]+)\]\.app\.(\w+)\s*=\s*"?([^"\s#]+)/gm)];
  const of = (name: string, index: number) =>
    settings.find(([, range, setting]) => {
      const [first, last] = nodes(range!);
      return setting === name && index >= first && index <= last;
    })?.[3];
  const last = Math.max(...settings.map(([, range]) => nodes(range!)[1]));
  const destinations = new Map<string, string>();
  for (let index = 0; index <= last; index++) {
    const destination = of('destinationEid', index);
    if (of('enable', index) === 'true' && destination !== undefined)
      destinations.set(`${index}`, destination);
  }
  const [, endSeconds] = /^\s*sim-time-limit\s*=\s*(\d+)s/m.exec(ini) ?? [];
  return { destinations, endMs: Number(endSeconds ?? Infinity) * 1000 };
}

/** The first of each sender is made at 0, as `app.start` says, and then one an interval. By the time that they are made. */
export function bundlesOf(
  { sizeBytes, perNode, intervalSeconds }: Load,
  traffic: Map<string, string>,
): PlannedBundle[] {
  return Array.from({ length: perNode }, (_, turn) =>
    [...traffic].map(([from, to]) => ({
      id: `${from}-${turn}`,
      from,
      to,
      sizeBytes,
      precedence: 'routine' as const,
      readyMs: turn * intervalSeconds * 1000,
    })),
  ).flat();
}

export interface Departures {
  plan: ContactPlan;
  bookings: Bookings;
  /** Those too short for a bundle. */
  conditions: Conditions;
}

/** A transmission begins this much sooner than one that is booked: its sum with others is no reason to overlap. */
const ROUNDING_MS = 1e-6;

/**
 * In dtnsim a bundle arrives when it begins to be sent (`sendDirect` with a duration of 0), and its contact stays busy
 * for the time that it takes. For bundles of one size that is a plan of departures: windows end sooner by that time,
 * bundles take none, and what is booked keeps others from departing within that time before and after.
 */
export function departuresOf(plan: ContactPlan, sizeBytes: number): Departures {
  const takesMs = plan.contacts.map((contact) => (sizeBytes * 8000) / contact.rateBitsPerSecond);
  const usable = plan.contacts.map((contact, index) => ({
    ...contact,
    endMs: Math.max(contact.endMs - takesMs[index]!, contact.startMs + ROUNDING_MS),
  }));
  const departures = compilePlan(usable, plan.nodes);
  const tooShort = plan.contacts.flatMap(({ startMs, endMs }, index) =>
    endMs - startMs < takesMs[index]! ? [index] : [],
  );
  const isTaken = new Uint8Array(usable.length);
  const taken = new Map<number, Intervals>();
  const unsupported = (): never => {
    throw new Error('Departures are booked for good.');
  };
  const bookings: Bookings = {
    isTaken,
    takenAt: (position) => taken.get(position),
    book({ transmissions }) {
      for (const { contact, departMs } of transmissions) {
        const position = departures.positionOf[contact]!;
        const intervals = taken.get(position) ?? new Intervals();
        taken.set(position, intervals);
        intervals.add(departMs - takesMs[contact]! + ROUNDING_MS, departMs + takesMs[contact]!);
        isTaken[position] = 1;
      }
      return { evicted: [] };
    },
    release: unsupported,
    get: unsupported,
    list: unsupported,
    freeMs: unsupported,
  };
  return { plan: departures, bookings, conditions: { exclude: { contacts: tooShort } } };
}
