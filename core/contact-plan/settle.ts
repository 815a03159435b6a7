import type { Contact } from './contact.ts';
import { carriesNothing, checkContact } from './check.ts';

/** A contact as it stands in a file. */
export interface PlanRow {
  contact: Contact;
  /** `contacts[3]`, `line 12`. */
  at: string;
}

/** Something that was read and isn't in the plan as it was written. */
export interface PlanNote {
  /** `contacts[3]`, `line 12`. */
  at: string;
  /** What was wrong and what became of it. */
  message: string;
}

/**
 * Contacts that can be relied on, and what was set aside for it. A link sends once at a time, so windows of one
 * link never overlap: equal ones are joined, of unequal ones the later starts when the earlier is over.
 * Published plans have such rows, and the rest of them is sound; numbers that no link can have are refused.
 * Errors: `InvalidInput`.
 */
export function settleContacts(
  rows: readonly PlanRow[],
  name: string,
): { contacts: Contact[]; notes: PlanNote[] } {
  const notes: PlanNote[] = [];
  const links = new Map<string, PlanRow[]>();
  const kept = new Set<PlanRow>();
  for (const row of rows) {
    const { contact, at } = row;
    checkContact(contact, `${name}: ${at}`);
    const why = uselessness(contact);
    if (why !== undefined) {
      notes.push({ at, message: `${why}; it is left out` });
      continue;
    }
    const key = JSON.stringify([contact.from, contact.to, contact.linkId]);
    const link = links.get(key);
    if (link === undefined) links.set(key, [row]);
    else link.push(row);
  }
  for (const link of links.values()) {
    link.sort((a, b) => a.contact.startMs - b.contact.startMs || a.contact.endMs - b.contact.endMs);
    for (const row of separate(link, notes)) kept.add(row);
  }
  const placeOf = new Map(rows.map(({ at }, place) => [at, place]));
  notes.sort((a, b) => placeOf.get(a.at)! - placeOf.get(b.at)!);
  return { contacts: rows.filter((row) => kept.has(row)).map((row) => row.contact), notes };
}

function uselessness(contact: Contact): string | undefined {
  const { startMs, endMs, from, to } = contact;
  if (from === to) return `it leads from ${from} to itself`;
  if (endMs <= startMs) return `it ends at ${endMs / 1000} s and starts at ${startMs / 1000} s`;
  return carriesNothing(contact) ? 'its rate is 0' : undefined;
}

/** `link` is sorted by start. */
function separate(link: readonly PlanRow[], notes: PlanNote[]): PlanRow[] {
  const kept: PlanRow[] = [];
  for (const row of link) {
    const last = kept.at(-1);
    if (last === undefined || row.contact.startMs >= last.contact.endMs) {
      kept.push(row);
      continue;
    }
    const [earlier, { contact, at }] = [last.contact, row];
    const overlap = `it overlaps ${last.at} of the same link`;
    if (isAlike(earlier, contact)) {
      notes.push({ at, message: `${overlap}; they count as one window` });
      last.contact = { ...earlier, endMs: Math.max(earlier.endMs, contact.endMs) };
    } else if (contact.endMs > earlier.endMs) {
      notes.push({ at, message: `${overlap}; it starts when that one is over` });
      row.contact = startingAt(contact, earlier.endMs);
      kept.push(row);
    } else {
      notes.push({ at, message: `${overlap}, which says otherwise; it is left out` });
    }
  }
  return kept;
}

const isAlike = (a: Contact, b: Contact): boolean =>
  a.rateBitsPerSecond === b.rateBitsPerSecond &&
  a.delayMs === b.delayMs &&
  a.confidence === b.confidence &&
  a.rateSteps === undefined &&
  b.rateSteps === undefined;

/** What is left of a contact from a time within it on. */
export function startingAt(contact: Contact, startMs: number): Contact {
  const { rateSteps = [], rateBitsPerSecond: first, ...rest } = contact;
  const rateBitsPerSecond = rateSteps.findLast((step) => step.atMs <= startMs)?.rateBitsPerSecond ?? first;
  const later = rateSteps.filter((step) => step.atMs > startMs);
  return { ...rest, startMs, rateBitsPerSecond, ...(later.length > 0 && { rateSteps: later }) };
}

/** What is of a contact up to a time within it. */
export function endingAt(contact: Contact, endMs: number): Contact {
  const { rateSteps = [], ...rest } = contact;
  const sooner = rateSteps.filter((step) => step.atMs < endMs);
  return { ...rest, endMs, ...(sooner.length > 0 && { rateSteps: sooner }) };
}
