import { concurrencyOf } from '../dag/graph.ts';
import type { Plan } from './plans.ts';
import { POOLS } from './steps.ts';

/** The pool that limits an execution's own concurrency, where it does. */
export const ownPools = ({ program, execution }: Plan): string[] =>
  concurrencyOf(program.definition) === undefined ? [] : [POOLS.execution(execution.id)];

/** Where an attempt by a handler takes a place. */
export const handlerPools = (plan: Plan, type: string): string[] => [
  POOLS.tasks,
  POOLS.type(type),
  ...ownPools(plan),
];
