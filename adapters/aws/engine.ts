/** What the functions of the state machines stand on, and what performs the operations. */
import { OFTEN_THEN_SELDOM } from '../../core/execution/patience.ts';
import { createServices } from '../../core/execution/services.ts';
import { HUB } from '../../core/node/node.ts';
import { createPlacer } from '../../core/placement/placer.ts';
import { stepFunctions } from './clients/step-functions.ts';
import { DynamoExecutionStore } from './execution-store.ts';
import { lazily } from './lazily.ts';
import { clock, ids, payloads, random, retention, table } from './machine.ts';
import { machines } from './machines.ts';
import { slots, types, workflows } from './stores.ts';
import { SfnTaskTokens } from './task-tokens.ts';

/** A function that runs can't be stopped from outside: its attempt is fenced, and ends at its next checkpoint or its time limit. */
const attempts = { abort: () => Promise.resolve() };

/** What other nodes do is not asked of them yet from here: this host is the only one. */
const here = { id: HUB, capabilities: [] };

export const engine = lazily(() => {
  const ports = {
    store: new DynamoExecutionStore(table(), retention()),
    workflows: workflows(),
    payloads: payloads(),
    slots: slots(),
    types: types(),
    dispatcher: machines(),
    tokens: new SfnTaskTokens({ client: stepFunctions() }),
    attempts,
    clock,
    ids,
    random,
    placer: createPlacer({ here, types: types(), clock }),
    patience: OFTEN_THEN_SELDOM,
  };
  return { ...ports, ...createServices(ports) };
});
