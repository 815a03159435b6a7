import { InvalidInput } from '../../errors.ts';
import type { StaticLink } from './link.ts';

/** Far below where adding up the costs of a route could overflow. */
export const COST_MAX = 1e12;
/** A degraded link costs at most this many times what it did. */
export const COST_FACTOR_MAX = 1e6;

export function checkLink(link: StaticLink, place: number): void {
  const { from, to, cost, id, riskGroups } = link;
  if (!isName(from) || !isName(to))
    throw refusal(
      link,
      place,
      'an end is not the id of a node',
      'Give from and to as texts that are not empty.',
    );
  if (!isCost(cost))
    throw refusal(link, place, `the cost is ${String(cost)}`, `Give a cost of 0 to ${COST_MAX}.`);
  if (id !== undefined && !isName(id))
    throw refusal(link, place, `the id is ${JSON.stringify(id)}`, 'Give a text that is not empty, or none.');
  if (riskGroups !== undefined && !(Array.isArray(riskGroups) && riskGroups.every(isName)))
    throw refusal(link, place, 'the risk groups are not a list of names', 'Give a list of texts, or none.');
}

const refusal = ({ from, to }: StaticLink, place: number, what: string, fix: string): InvalidInput =>
  new InvalidInput(`link ${place} (${String(from)} → ${String(to)}): ${what}`, fix);

export function checkCost(cost: number, of: string): void {
  if (!isCost(cost)) throw new InvalidInput(`the cost of ${of} is ${cost}`, `Give 0 to ${COST_MAX}.`);
}

export function checkCostFactor(factor: number, of: string): void {
  if (!(factor >= 1 && factor <= COST_FACTOR_MAX))
    throw new InvalidInput(
      `the cost factor of ${of} is ${factor}`,
      `Give 1 (as good as new) to ${COST_FACTOR_MAX}; to take it out, say that it is down.`,
    );
}

const isName = (value: unknown): boolean => typeof value === 'string' && value !== '';
const isCost = (cost: unknown): boolean => typeof cost === 'number' && cost >= 0 && cost <= COST_MAX;
