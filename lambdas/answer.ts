import { type Answer, type AnswerPorts, createAnswer } from '../core/execution/answer.ts';
import { createComplete } from './complete/complete.ts';
import { createHeal, type HealPorts } from './heal/heal.ts';

/** Ends the waits of tasks by the use cases that the state machines call. */
export function answerWith(ports: HealPorts & Pick<AnswerPorts, 'tokens'>): Answer {
  return createAnswer({ tokens: ports.tokens, complete: createComplete(ports), heal: createHeal(ports) });
}
