/** Which channel before which: primary, alternate, contingency, emergency (PACE), for each mission and each precedence. */
import { InvalidInput } from '../errors.ts';
import { checkNumber, DAY_MS } from '../link-health/checks.ts';
import { DAMPING, type DampingSettings, FlapDamping } from '../link-health/flap-damping.ts';
import { type Channel, CHANNELS } from '../node/node.ts';
import { PRECEDENCES, type Precedence, URGENT } from '../satellite/precedence.ts';

export interface FailoverPolicy {
  /** Of channels, the preferred first. One that isn't named isn't used. @default primary, secondary, satellite, mesh */
  order?: readonly Channel[];
  /** Where precedences have another. */
  orders?: Partial<Record<Precedence, readonly Channel[]>>;
  /** Over how many channels at once a bundle goes. @default 1 */
  copies?: Partial<Record<Precedence, number>>;
  /**
   * One of these that was not acknowledged goes over every channel that works at once: it may have no time to try them in turn.
   * @default flash-override, flash
   */
  floods?: readonly Precedence[];
  /** These are tried even over channels that are believed down, when no other is left. @default flash-override, flash */
  triesDown?: readonly Precedence[];
  /** Whether a preferred channel that is back is returned to. @default true */
  isRevertive?: boolean;
  /** It must have worked for so long. @default 30 s */
  returnAfterMs?: number;
  /**
   * Whether a channel that works badly gives way to one that works well. Off, it is left once it is so bad that it
   * comes and goes. @default false
   */
  leavesDegraded?: boolean;
  /** So long before a contact ends as planned, its channel gives way. @default 5 s */
  leadMs?: number;
  /** A channel that gave way and still works finishes what it began, for so long at most. @default 30 s */
  drainMsMax?: number;
  /** @default RFC 2439's figures */
  damping?: DampingSettings;
}

export type CheckedPolicy = Required<Omit<FailoverPolicy, 'order' | 'orders' | 'copies'>> & {
  orders: Record<Precedence, readonly Channel[]>;
  copies: Record<Precedence, number>;
};

/** Policies of missions by name; `default` is for the others. */
export type Policies = Record<string, FailoverPolicy>;

/** A mission's policy with everything filled in. Throws `InvalidInput` naming what can't be. */
export function policyOf(policies: Policies, mission = 'default'): CheckedPolicy {
  const found = Object.hasOwn(policies, mission) ? policies[mission] : undefined;
  const fallback = Object.hasOwn(policies, 'default') ? policies.default : undefined;
  return checkPolicy(found ?? fallback ?? {});
}

const FIELDS: readonly string[] = [
  'order',
  'orders',
  'copies',
  'floods',
  'triesDown',
  'isRevertive',
  'returnAfterMs',
  'leavesDegraded',
  'leadMs',
  'drainMsMax',
  'damping',
] satisfies (keyof FailoverPolicy)[];

export function checkPolicy(policy: FailoverPolicy): CheckedPolicy {
  checkKeys('The policy', policy, FIELDS);
  const { order = CHANNELS, orders = {}, copies = {}, damping = DAMPING } = policy;
  const { floods = URGENT, triesDown = URGENT, isRevertive = true, leavesDegraded = false } = policy;
  for (const [name, value] of Object.entries({ orders, copies })) checkKeys(name, value, PRECEDENCES);
  for (const [name, value] of Object.entries({ isRevertive, leavesDegraded }))
    if (typeof value !== 'boolean')
      throw new InvalidInput(`${name} is ${String(value)}.`, 'Give true or false.');
  checkList('floods', floods, PRECEDENCES, 0);
  checkList('triesDown', triesDown, PRECEDENCES, 0);
  checkList('order', order, CHANNELS, 1);
  // Says what is wrong with it, if anything is.
  void new FlapDamping(damping);
  const time = (name: 'returnAfterMs' | 'leadMs' | 'drainMsMax', otherwiseMs: number): number =>
    checkNumber(name, policy[name] ?? otherwiseMs, { least: 0, most: DAY_MS });
  return {
    orders: each((precedence) => checkList(`orders.${precedence}`, orders[precedence] ?? order, CHANNELS, 1)),
    copies: each((precedence) =>
      checkNumber(`copies.${precedence}`, copies[precedence] ?? 1, {
        least: 1,
        most: CHANNELS.length,
        isWhole: true,
      }),
    ),
    floods,
    triesDown,
    isRevertive,
    leavesDegraded,
    returnAfterMs: time('returnAfterMs', 30_000),
    leadMs: time('leadMs', 5000),
    drainMsMax: time('drainMsMax', 30_000),
    damping,
  };
}

const each = <Value>(make: (precedence: Precedence) => Value): Record<Precedence, Value> =>
  Object.fromEntries(PRECEDENCES.map((precedence) => [precedence, make(precedence)])) as Record<
    Precedence,
    Value
  >;

function checkKeys(name: string, value: object, known: readonly string[]): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new InvalidInput(`${name} is ${shown(value)}.`, `Give an object with any of: ${known.join(', ')}.`);
  const unknown = Object.keys(value).find((key) => !known.includes(key));
  if (unknown !== undefined)
    throw new InvalidInput(`${name} has "${unknown.slice(0, 100)}".`, `Use only: ${known.join(', ')}.`);
}

function checkList<Item extends string>(
  name: string,
  list: readonly Item[],
  known: readonly Item[],
  least: number,
): readonly Item[] {
  const isRight =
    Array.isArray(list) &&
    list.length >= least &&
    new Set(list).size === list.length &&
    list.every((item) => known.includes(item));
  if (isRight) return list;
  throw new InvalidInput(
    `${name} is ${shown(list)}.`,
    `List ${least === 0 ? 'any' : 'at least one'} of ${known.join(', ')}, none twice.`,
  );
}

const shown = (value: unknown): string => (JSON.stringify(value) ?? String(value)).slice(0, 200);
