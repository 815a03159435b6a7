import { readFileSync } from 'node:fs';
import type { MachineName } from '../core/ports/dispatcher.ts';
import { loadStateMachine, type StateMachine } from './asl/index.ts';

/** What the state machine files call each function, and what this host calls it. */
const FUNCTIONS = ['Admit', 'Seed', 'Await', 'Mend', 'Settle', 'Route', 'Complete', 'Heal', 'Park'] as const;

export type FunctionName = `holdfast/${Lowercase<(typeof FUNCTIONS)[number]>}`;

/** Loads `state-machines/*.asl.json`, with the functions' names in place of their ARNs. */
export function loadMachines(): Record<MachineName, StateMachine> {
  const load = (name: string): StateMachine => {
    let text = readFileSync(new URL(`../state-machines/${name}.asl.json`, import.meta.url), 'utf8');
    for (const fn of FUNCTIONS)
      text = text.replaceAll(`\${${fn}FunctionArn}`, `holdfast/${fn.toLowerCase()}`);
    return loadStateMachine(JSON.parse(text) as object);
  };
  const task = load('task');
  return { workflow: load('workflow'), task, long: task };
}
