/** Links for tests. */
import {
  duringContacts,
  type LinkProfile,
  type Span,
  steadyLink,
  withOutages,
} from '../../../core/simulator/link-profile.ts';
import { SeededRandom } from '../../../core/simulator/seeded-random.ts';
import { START_MS, type TestLink } from './world.ts';

export const FAST = steadyLink({ rateBitsPerSecond: 8e6, delayMs: 20 });

/** The same there and back. */
export const both = (link: TestLink): TestLink[] => [link, { ...link, from: link.to, to: link.from }];

/** Cut from second to second. */
export const down = (profile: LinkProfile, ...spans: [fromS: number, toS: number][]): LinkProfile =>
  withOutages(
    profile,
    spans.map(([fromS, toS]): Span => ({ startMs: START_MS + fromS * 1000, endMs: START_MS + toS * 1000 })),
  );

/** A contact both ways from second to second, at 80 kbit/s and 500 ms. */
export function contacts(from: string, to: string, ...windows: [startS: number, endS: number][]) {
  const spans = windows.map(([startS, endS]) => ({
    from,
    to,
    startMs: START_MS + startS * 1000,
    endMs: START_MS + endS * 1000,
    rateBitsPerSecond: 80_000,
    delayMs: 500,
  }));
  const plan = windows.flatMap(([startS, endS]) => [
    `a contact +${startS} +${endS} ${from} ${to} 10000`,
    `a contact +${startS} +${endS} ${to} ${from} 10000`,
    `a range +${startS} +${endS} ${from} ${to} 0.5`,
  ]);
  const link: TestLink = {
    from,
    to,
    channel: 'satellite',
    profile: duringContacts(spans),
    registered: 'by-plan',
  };
  return { links: both(link), plan: plan.join('\n') };
}

/** That hardly compresses. */
export const noise = (length: number): Uint8Array => {
  const random = new SeededRandom(length);
  return Uint8Array.from({ length }, () => random.int(33, 126));
};
