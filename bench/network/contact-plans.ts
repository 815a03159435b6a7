/** Plans to search, as large as one likes, and what is asked of them. */
import { type ContactPlan, compilePlan } from '../../core/contact-plan/compile.ts';
import type { Contact } from '../../core/contact-plan/contact.ts';
import { SeededRandom } from '../../core/simulator/seeded-random.ts';

export interface Asked {
  from: string;
  to: string;
  atMs: number;
  sizeBytes: number;
}

const DAY_MS = 86_400_000;
const ORBIT_MS = 95 * 60_000;

/**
 * A day of a LEO ring: each station sees each satellite some passes a day, one revolution after the other, at rates
 * and delays of S band. 150 satellites over 70 stations make some 84,000 contacts, both ways counted.
 */
export function leoDay(satellites: number, stations: number, passes: number, seed = 1): ContactPlan {
  const random = new SeededRandom(seed);
  const contacts: Contact[] = [];
  for (let satellite = 0; satellite < satellites; satellite += 1)
    for (let station = 0; station < stations; station += 1) {
      const firstMs = random.between(0, DAY_MS - passes * ORBIT_MS);
      for (let pass = 0; pass < passes; pass += 1) {
        const startMs = firstMs + pass * ORBIT_MS + random.between(0, 60_000);
        const window = {
          startMs,
          endMs: startMs + random.between(60_000, 600_000),
          rateBitsPerSecond: random.between(1e6, 8e6),
          delayMs: random.between(2, 10),
        };
        const [up, down] = [`station ${station}`, `satellite ${satellite}`];
        contacts.push({ from: up, to: down, ...window }, { from: down, to: up, ...window });
      }
    }
  return compilePlan(contacts);
}

/** Bundles between any two nodes in the first half of a plan. */
export function askAround({ nodes }: ContactPlan, count: number, seed = 2): Asked[] {
  const random = new SeededRandom(seed);
  const any = () => random.pick(nodes);
  return Array.from({ length: count }, () => ({
    from: any(),
    to: any(),
    atMs: random.between(0, DAY_MS / 2),
    sizeBytes: random.pick([0, 125_000, 5_000_000]),
  }));
}
