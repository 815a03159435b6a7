import type { Operations } from '../core/api/operations.ts';
import { placeOf } from '../core/execution/admission.ts';
import type { OtherNodes } from '../core/execution/cancel.ts';
import { NEVER } from '../core/execution/patience.ts';
import { machineName, POOLS } from '../core/execution/steps.ts';
import type { TaskCall, TaskResult } from '../core/execution/steps.ts';
import { createRepair } from '../core/execution/repair.ts';
import { createServices } from '../core/execution/services.ts';
import type { JsonValue } from '../core/json.ts';
import { HUB } from '../core/node/node.ts';
import type { Placer } from '../core/placement/placement.ts';
import type { RunTimes } from '../core/placement/run-times.ts';
import { createPlacer } from '../core/placement/placer.ts';
import type { Attempts } from '../core/ports/attempts.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { Dispatcher, MachineName } from '../core/ports/dispatcher.ts';
import type { ExecutionStore, HostRecovery } from '../core/ports/execution-store.ts';
import type { Ids } from '../core/ports/ids.ts';
import type { PayloadStore } from '../core/ports/payload-store.ts';
import type { Random } from '../core/ports/random.ts';
import type { Slots } from '../core/ports/slots.ts';
import type { TaskTypes } from '../core/ports/task-types.ts';
import type { WorkflowStore } from '../core/ports/workflow-store.ts';
import { answerWith } from '../lambdas/answer.ts';
import { createAdmit } from '../lambdas/admit/admit.ts';
import { createAwait } from '../lambdas/await/await.ts';
import { createComplete } from '../lambdas/complete/complete.ts';
import { createHeal } from '../lambdas/heal/heal.ts';
import { createMend } from '../lambdas/mend/mend.ts';
import { createOffer, createPlaceAgain } from '../lambdas/offer/offer.ts';
import { createOperations } from '../lambdas/operations.ts';
import { createPark } from '../lambdas/park/park.ts';
import { createRedrive } from '../lambdas/redrive/redrive.ts';
import { createRoute } from '../lambdas/route/route.ts';
import { createSeed } from '../lambdas/seed/seed.ts';
import { createSettle } from '../lambdas/settle/settle.ts';
import { createTakeAnswer } from '../lambdas/work/answer.ts';
import { createWork, type Worker } from '../lambdas/work/work.ts';
import { type Invoke, type RunResult, type StateMachine, TaskTokens } from './asl/index.ts';
import { createDispatcher } from './dispatcher.ts';
import type { FunctionName } from './machines.ts';
import { createMender } from './mend.ts';
import { createTimers } from './timers.ts';
import { tokensOf } from './tokens.ts';

/** Everything the engine stands on. The simulator gives other ones than the host. */
export interface EnginePorts {
  store: ExecutionStore & HostRecovery;
  workflows: WorkflowStore;
  payloads: PayloadStore;
  slots: Slots;
  types: TaskTypes;
  attempts: Attempts;
  runTask: (call: TaskCall) => Promise<TaskResult>;
  clock: Clock;
  ids: Ids;
  random: Random;
  machines: Record<MachineName, Pick<StateMachine, 'run'>>;
  /** Told of a state machine that failed; it is started again, or its task parked. */
  onFault: (machine: MachineName, name: string, result: RunResult) => void;
  /** Where the work of tasks on other nodes goes, and answers to theirs. @default there are no others */
  others?: OtherNodes;
  /** Told how long tasks took at other nodes. @default nobody */
  runTimes?: Pick<RunTimes, 'ended'>;
  /** @default this host is the only node, and has no capabilities */
  placer?: Placer;
  /** Laid around the dispatcher that the use cases see. @default none */
  wrapDispatcher?: (dispatcher: Dispatcher) => Dispatcher;
}

export interface Limits {
  /** Workflows running at once. */
  maxWorkflows: number;
  /** Tasks running at once. */
  maxTasks: number;
}

export interface Engine {
  operations: Operations;
  /** Takes up what an earlier host left: attempts it held, executions that had not ended. */
  recover(): Promise<void>;
  /** Dispatches the tasks that were parked for want of this type. */
  offered(type: string): Promise<void>;
  /** Dispatches the tasks that were parked because no node could run them. */
  placeAgain: (this: void) => Promise<void>;
  /** Runs what other nodes place here. */
  worker: Worker | undefined;
  /** Takes what other nodes answer; see `createTakeAnswer`. */
  takeAnswer: ReturnType<typeof createTakeAnswer>;
  /** Tasks of a type running at once. */
  limitType(type: string, size: number): Promise<void>;
  /** Stops every state machine where it is; what is durable goes on at the next start. */
  stop(): Promise<void>;
}

/** Composes the use cases over their ports: the same states, by the same names, that AWS runs. */
export async function createEngine(ports: EnginePorts, limits: Limits): Promise<Engine> {
  const { store, slots, clock, machines, runTask, onFault, random } = ports;
  await slots.limit(POOLS.workflows, limits.maxWorkflows);
  await slots.limit(POOLS.tasks, limits.maxTasks);

  const stopping = new AbortController();
  const waiting = new TaskTokens();
  const tokens = tokensOf(waiting);
  const functions = new Map<string, (payload: never) => Promise<unknown>>();
  const invoke: Invoke = async ({ arguments: given }) => {
    const { FunctionName: name, Payload: payload } = given as { FunctionName: string; Payload: JsonValue };
    const fn = functions.get(name);
    const result = fn ? await fn(payload as never) : await runTask(payload as unknown as TaskCall);
    return { Payload: (result ?? null) as JsonValue };
  };
  const local = createDispatcher({
    machines,
    invoke,
    tokens: waiting,
    clock,
    random,
    onFault(machine, name, input, result) {
      onFault(machine, name, result);
      const cause = `${result.error ?? result.status}: ${result.cause ?? ''}`;
      // A store that has failed refuses this too, and has said so.
      mend({ machine, name, input, cause }).catch(() => undefined);
    },
  });
  const dispatcher = ports.wrapDispatcher?.(local) ?? local;

  const services = createServices({ ...ports, dispatcher, tokens });
  const { waker } = services;
  const { signal } = stopping;
  const mend = createMender({ store, dispatcher, waker, clock, signal });
  const timers = createTimers({ dispatcher, clock, signal });
  const here = { id: HUB, capabilities: [] };
  const placer = ports.placer ?? createPlacer({ here, types: ports.types, clock });
  const base = { ...ports, ...services, dispatcher, timers, tokens, placer, patience: NEVER };
  const answer = answerWith(base);
  const all = { ...base, answer, repair: createRepair(base) };
  const redrive = createRedrive(all);
  const offer = createOffer(all);

  const states: Record<FunctionName, (payload: never) => Promise<unknown>> = {
    'holdfast/admit': createAdmit(all),
    'holdfast/seed': createSeed(all),
    'holdfast/await': createAwait(all),
    'holdfast/mend': createMend(all),
    'holdfast/settle': createSettle(all),
    'holdfast/route': createRoute(all),
    'holdfast/complete': createComplete(base),
    'holdfast/heal': createHeal(base),
    'holdfast/park': createPark({ ...all, redrive }),
  };
  for (const [name, fn] of Object.entries(states)) functions.set(name, fn);

  return {
    operations: createOperations(all),
    async recover() {
      await store.reclaim(clock.now());
      const unfinished = await store.unfinished();
      // What ran takes up its places among MAX_WORKFLOWS before anything queued can ask for one, however starts are delivered.
      const running = unfinished.filter(({ status }) => status !== 'QUEUED');
      for (const execution of running)
        if (execution.kind === 'workflow') await slots.acquire(placeOf(execution));
      for (const { id, run } of [...running, ...unfinished.filter(({ status }) => status === 'QUEUED')]) {
        await dispatcher.start('workflow', machineName(id, run), { executionId: id, run });
      }
    },
    offered: (type) => offer({ type }),
    placeAgain: createPlaceAgain(all),
    worker: ports.others && createWork({ ...all, others: ports.others }),
    takeAnswer: createTakeAnswer(all),
    limitType: (type, size) => waker.limit(POOLS.type(type), size),
    stop() {
      stopping.abort();
      return local.stop();
    },
  };
}
