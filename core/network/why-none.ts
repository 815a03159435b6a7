/** Says why nothing arrives. */
import { createRouter, type RouteQuery } from '../routing/router.ts';
import type { CompiledNetwork } from './compiled.ts';

/** The reason in words; `down` are the links that were left out. */
export function whyNone(
  { plan, registered }: CompiledNetwork,
  query: RouteQuery,
  down: ReadonlySet<string>,
): string {
  const { from, to, sizeBytes = 0, deadlineMs = Infinity } = query;
  const before = new Date(deadlineMs).toISOString();
  const planned = createRouter(plan);
  const asPlanned = planned.route(query);
  if (asPlanned !== undefined) {
    const over = asPlanned.hops.map(({ contact }) => plan.contacts[contact]!.linkId ?? '');
    const missing = [...new Set(over)].filter((link) => down.has(link));
    return missing.length > 0
      ? `"${to}" is known, but nothing reaches it before ${before} while ${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} down.`
      : `"${to}" is known, but nothing of ${sizeBytes} bytes reaches it before ${before} as slow as links are now.`;
  }
  const empty = sizeBytes > 0 ? planned.route({ ...query, sizeBytes: 0 }) : undefined;
  if (empty !== undefined)
    return `"${to}" is reached by ${new Date(empty.arrivalMs).toISOString()}, but no way there carries ${sizeBytes} bytes before ${before}.`;
  const reached = reachedFrom(plan.contacts, from);
  if (reached.has(to))
    return `"${to}" is known, but nothing reaches it before ${before}: contacts that lead there end before what they need arrives.`;
  const linked = registered.links.some((link) => link.from === to || link.to === to);
  return `"${to}" is known, but nothing reaches it before ${before}: no chain of links and contacts leads there from "${from}"${linked ? '' : ', and it has no link'}.`;
}

/** Whatever the order of contacts. */
function reachedFrom(contacts: readonly { from: string; to: string }[], start: string): Set<string> {
  const next = new Map<string, Set<string>>();
  for (const { from, to } of contacts) {
    const known = next.get(from);
    if (known === undefined) next.set(from, new Set([to]));
    else known.add(to);
  }
  const reached = new Set([start]);
  for (const node of reached) for (const to of next.get(node) ?? []) reached.add(to);
  return reached;
}
