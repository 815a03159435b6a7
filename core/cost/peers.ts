/** The same million tasks elsewhere, by list prices: what the service takes for running them, and the functions that do them. */
import { billedMs, FUNCTION_MEMORY_MB, functionMs, TRANSITIONS_OF_START_AND_END } from './footprint.ts';
import { MILLION } from './million.ts';
import { billOf, type Units } from './units.ts';

export interface Peer {
  name: string;
  /** From the cheapest to the dearest way to count. */
  usd: { from: number; to: number };
  counts: string;
  source: string;
}

/** https://aws.amazon.com/lambda/pricing/, "Durable Functions": dollars for a million durable operations. */
const DURABLE_OPERATIONS_USD = 8;
/** https://temporal.io/pricing: dollars for a million actions, before volume discounts. */
const TEMPORAL_ACTIONS_USD = 50;

/** A million tasks in workflows of `tasksEach`, whose attempts take `attemptMs`. */
export function peersOf({ attemptMs, tasksEach }: { attemptMs: number; tasksEach: number }): Peer[] {
  const workflows = MILLION / tasksEach;
  const memoryMb = FUNCTION_MEMORY_MB.run;
  const seconds = billedMs(functionMs(memoryMb, 0) + attemptMs) / 1000;
  const attempts: Units = { lambdaGbSeconds: MILLION * seconds * (memoryMb / 1024) };
  const calls = { ...attempts, lambdaRequests: MILLION };
  const states = (ofStartAndEnd: number) =>
    billOf({ ...calls, transitions: MILLION + workflows * ofStartAndEnd }).usd;
  const durable = (operationsEach: number) =>
    billOf({ ...attempts, lambdaRequests: workflows }).usd +
    (operationsEach + workflows / MILLION) * DURABLE_OPERATIONS_USD;
  const actions = (1 + workflows / MILLION) * TEMPORAL_ACTIONS_USD;
  return [
    {
      name: 'Step Functions, a state a task',
      usd: { from: states(0), to: states(TRANSITIONS_OF_START_AND_END) },
      counts: 'a transition and a Lambda call a task; no Map, no retries, no table, no log',
      source: 'https://aws.amazon.com/step-functions/pricing/',
    },
    {
      name: 'Lambda durable functions',
      usd: { from: durable(1), to: durable(2) },
      counts: 'one or two durable operations a task, in one function; data written and kept aside',
      source: 'https://aws.amazon.com/lambda/pricing/',
    },
    {
      name: 'Temporal Cloud',
      usd: { from: actions, to: actions },
      counts: 'an action a task; your own workers, storage and support aside',
      source: 'https://temporal.io/pricing',
    },
  ];
}
