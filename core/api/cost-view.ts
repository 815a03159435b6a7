/** What the HTTP API answers about costs. */
import * as z from 'zod';
import type { Cost } from '../cost/cost.ts';
import { PRICES_DATE, PRICES_REGION } from '../cost/prices.ts';
import { components } from './components.ts';

export const costView = z
  .strictObject({
    executionId: z.string(),
    usd: z.number().describe('List prices, no free tier; with its children, so far where it has not ended.'),
    usdPerMillionTasks: z.number(),
    executions: z.int().describe('This one and its children.'),
    tasks: z.int(),
    lines: z
      .array(z.strictObject({ service: z.string(), unit: z.string(), quantity: z.number(), usd: z.number() }))
      .describe('What is billed, by service and unit.'),
    region: z.string(),
    pricesDate: z.string().describe('When the prices were last gone through.'),
  })
  .register(components, { id: 'Cost' });

export type CostView = z.output<typeof costView>;

export function costViewOf(executionId: string, { executions, tasks, bill }: Cost): CostView {
  return {
    executionId,
    usd: bill.usd,
    usdPerMillionTasks: tasks === 0 ? 0 : (bill.usd / tasks) * 1_000_000,
    executions,
    tasks,
    lines: bill.lines,
    region: PRICES_REGION,
    pricesDate: PRICES_DATE,
  };
}
