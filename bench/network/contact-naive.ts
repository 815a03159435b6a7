/** Earliest arrival as one would write it first: objects, maps, and a sorted list for a queue; exact all the same. */
import type { Contact } from '../../core/contact-plan/contact.ts';
import type { Asked } from './contact-plans.ts';

export function createNaive(contacts: readonly Contact[]) {
  const bySender = new Map<string, Contact[]>();
  for (const contact of contacts) {
    const others = bySender.get(contact.from);
    if (others === undefined) bySender.set(contact.from, [contact]);
    else others.push(contact);
  }
  /** Without a destination: to all. */
  return function arrivals({
    from,
    to,
    atMs,
    sizeBytes,
  }: Omit<Asked, 'to'> & { to?: string }): Map<string, number> {
    const arrived = new Map<string, number>();
    const open = new Map([[from, atMs]]);
    while (open.size > 0) {
      let [node, now] = ['', Infinity];
      for (const [candidate, at] of open) if (at < now) [node, now] = [candidate, at];
      open.delete(node);
      arrived.set(node, now);
      if (node === to) return arrived;
      for (const { to: next, startMs, endMs, rateBitsPerSecond, delayMs } of bySender.get(node) ?? []) {
        if (endMs < now || arrived.has(next)) continue;
        const sentMs = Math.max(now, startMs) + (sizeBytes * 8000) / rateBitsPerSecond;
        const arrivalMs = sentMs + delayMs;
        if (sentMs <= endMs && arrivalMs < (open.get(next) ?? Infinity)) open.set(next, arrivalMs);
      }
    }
    return arrived;
  };
}
