import { type Answer, createAnswer } from '../core/execution/answer.ts';
import { createComplete } from './complete/complete.ts';
import { createHeal, type HealPorts } from './heal/heal.ts';

/** Ends the waits of tasks by the use cases that the state machines call. */
export function answerWith(ports: HealPorts): Answer {
  return createAnswer({ complete: createComplete(ports), heal: createHeal(ports) });
}
