/** Billable units, added up and priced. */
import { PRICES, type UnitName, usdEach } from './prices.ts';

/** How many of each; what is missing is 0. */
export type Units = Partial<Record<UnitName, number>>;

/** One line of a bill. */
export interface BillLine {
  service: string;
  unit: string;
  quantity: number;
  usd: number;
}

export interface Bill {
  usd: number;
  /** In the order of the price table; nothing that costs nothing. */
  lines: BillLine[];
}

export function addUnits(to: Units, more: Units): void {
  for (const [name, quantity] of Object.entries(more) as [UnitName, number][])
    to[name] = (to[name] ?? 0) + quantity;
}

export const scaled = (units: Units, by: number): Units =>
  Object.fromEntries(Object.entries(units).map(([name, quantity]) => [name, quantity * by]));

export function billOf(units: Units): Bill {
  const lines = (Object.keys(PRICES) as UnitName[]).flatMap((name): BillLine[] => {
    const quantity = units[name] ?? 0;
    const { service, unit } = PRICES[name];
    return quantity === 0 ? [] : [{ service, unit, quantity, usd: quantity * usdEach(name) }];
  });
  return { usd: lines.reduce((sum, { usd }) => sum + usd, 0), lines };
}

/** Dollars by service. */
export function byService({ lines }: Bill): Record<string, number> {
  const services: Record<string, number> = {};
  for (const { service, usd } of lines) services[service] = (services[service] ?? 0) + usd;
  return services;
}
