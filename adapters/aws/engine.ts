/** What the functions of the state machines stand on, and what performs the operations. */
import { OFTEN_THEN_SELDOM } from '../../core/execution/patience.ts';
import { createServices } from '../../core/execution/services.ts';
import type { Placer } from '../../core/placement/placement.ts';
import type { RemoteWork } from '../../core/ports/remote-work.ts';
import { stepFunctions } from './clients/step-functions.ts';
import { DynamoExecutionStore } from './execution-store.ts';
import { here } from './here.ts';
import { later, lazily } from './lazily.ts';
import { clock, ids, payloads, random, retention, table } from './machine.ts';
import { machines } from './machines.ts';
import { slots } from './pools.ts';
import { types, workflows } from './stores.ts';
import { SfnTaskTokens } from './task-tokens.ts';

/** A function that runs can't be stopped from outside: its attempt is fenced, and ends at its next checkpoint or its time limit. */
const attempts = { abort: () => Promise.resolve() };

/** Loaded by the first task with a placement. */
const placer = later<Placer>({ place: true }, async () => (await import('./placement.ts')).placer());

/** Loaded by the first task of another node. */
const work = later<RemoteWork>({ start: true, cancel: true, answer: true }, async () =>
  (await import('./work.ts')).work(),
);

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
    placer,
    others: { here: here(), work },
    patience: OFTEN_THEN_SELDOM,
  };
  return { ...ports, ...createServices(ports) };
});
