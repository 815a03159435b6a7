/** What the functions of the state machines stand on, and what performs the operations. */
import { OFTEN_THEN_SELDOM } from '../../core/execution/patience.ts';
import { createServices } from '../../core/execution/services.ts';
import { stepFunctions } from './clients/step-functions.ts';
import { SfnDispatcher } from './dispatcher.ts';
import { readEnv } from './env.ts';
import { DynamoExecutionStore } from './execution-store.ts';
import { lazily } from './lazily.ts';
import { clock, ids, payloads, random, retention, table } from './machine.ts';
import { slots, types, workflows } from './stores.ts';
import { SfnTaskTokens } from './task-tokens.ts';

/** A function that runs can't be stopped from outside: its attempt is fenced, and ends at its next checkpoint or its time limit. */
const attempts = { abort: () => Promise.resolve() };

export const engine = lazily(() => {
  const env = readEnv([
    'HOLDFAST_WORKFLOW_MACHINE',
    'HOLDFAST_TASK_MACHINE',
    'HOLDFAST_LONG_MACHINE',
    'HOLDFAST_TIMER_MACHINE',
  ]);
  const client = stepFunctions();
  const machines = {
    workflow: env.HOLDFAST_WORKFLOW_MACHINE,
    task: env.HOLDFAST_TASK_MACHINE,
    long: env.HOLDFAST_LONG_MACHINE,
    timer: env.HOLDFAST_TIMER_MACHINE,
  };
  const ports = {
    store: new DynamoExecutionStore(table(), retention()),
    workflows: workflows(),
    payloads: payloads(),
    slots: slots(),
    types: types(),
    dispatcher: new SfnDispatcher({ client, machines }),
    tokens: new SfnTaskTokens({ client }),
    attempts,
    clock,
    ids,
    random,
    patience: OFTEN_THEN_SELDOM,
  };
  return { ...ports, ...createServices(ports) };
});
