/** What each state takes, from the cost model: units of the execution's partition, calls, and time. */
import { Book } from '../../core/cost/book.ts';
import { FUNCTION_MEMORY_MB, type FunctionName, functionMs } from '../../core/cost/footprint.ts';
import { createPortCalls, type PortCalls } from '../../core/cost/port-calls.ts';
import type { Execution } from '../../core/execution/execution.ts';

export interface Use {
  /** Of a call that waits for nothing but answers. */
  ms: number;
  reads: number;
  writes: number;
}

/** An execution with nothing of its own. */
const EXECUTION: Execution = {
  id: 'ex_00000000000000000000000000',
  kind: 'workflow',
  workflow: 'w',
  version: 1,
  definitionHash: '',
  status: 'RUNNING',
  run: 1,
  priority: 5,
  variables: {},
  errors: [],
  after: [],
  requestHash: '',
  total: 0,
  submittedMs: 0,
};
const TASK = { taskId: 'task-00000', type: 'type' };

function useOf(name: FunctionName, work: (calls: PortCalls, execution: Execution) => void, ownMs = 0): Use {
  const book = new Book();
  const requests = book.during(() => work(createPortCalls(book), EXECUTION));
  const { readUnits = 0, writeUnits = 0 } = book.units;
  return { ms: functionMs(FUNCTION_MEMORY_MB[name], requests) + ownMs, reads: readUnits, writes: writeUnits };
}

export interface Uses {
  api: Use;
  admit: Use;
  /** Without the tasks that it lays out. */
  seed: Use;
  await: Use;
  route: Use;
  run: Use;
  complete: Use;
  settle: Use;
}

export interface TaskShape {
  attemptMs: number;
  /** How many parents the child waits for that hears of the end; 0 for none. */
  parents: number;
  /** How many tasks the execution ends with, where each is one of them. */
  lasts: number;
}

export function usesOf({ attemptMs, parents, lasts }: TaskShape): Uses {
  const end = { children: parents > 0 ? [parents] : [], lasts };
  return {
    api: useOf('api', (calls, execution) => calls.createExecution(execution)),
    admit: useOf('admit', (calls, execution) => calls.changeExecution(execution)),
    seed: useOf('seed', (calls, execution) => {
      calls.getExecution(execution);
      calls.changeExecution(execution, 'there');
    }),
    await: useOf('await', (calls, execution) => {
      calls.changeExecution(execution);
      calls.allEnded(execution);
    }),
    route: useOf('route', (calls, execution) => {
      calls.task(execution, TASK);
      calls.changeTask(execution, TASK);
      calls.task(execution, TASK);
    }),
    run: useOf('run', () => undefined, attemptMs),
    complete: useOf('complete', (calls, execution) => calls.changeTask(execution, TASK, end)),
    settle: useOf('settle', (calls, execution) => {
      calls.getExecution(execution);
      calls.changeExecution(execution, 'moved');
    }),
  };
}
