/** Goes through an execution's history as the engine went, and keeps the book of what that takes. */
import { concurrencyOf } from '../dag/graph.ts';
import type { HoldfastEvent } from '../event/event.ts';
import { TASK_ENDS } from '../execution/execution.ts';
import type { Book } from './book.ts';
import type { History } from './history.ts';
import { Lane } from './lane.ts';
import { lookAtLostTasks } from './patience.ts';
import { request } from './requests.ts';
import type { CostSettings } from './settings.ts';
import { textIn } from './sizes.ts';
import { TaskWalk } from './task-walk.ts';

/** An event where AWS would have seen it. */
export interface News {
  /** Milliseconds from the start of the execution. */
  atMs: number;
  event: HoldfastEvent;
}

/** Gives every event with its time. */
export async function walk(history: History, settings: CostSettings, book: Book): Promise<News[]> {
  const lane = new Lane(history, settings, book);
  const tasks = new TaskWalk(lane);
  const news: News[] = [];
  for (const [at, event] of history.events.entries()) {
    if (event.type === 'execution.resumed') await tasks.refused();
    if (event.taskId === undefined) await onExecution(lane, event, history.events.slice(at + 1));
    else await tasks.on(event);
    news.push({ atMs: lane.progress.of(event.taskId)?.atMs ?? lane.nowMs, event });
  }
  lane.close();
  return news;
}

async function onExecution(lane: Lane, event: HoldfastEvent, later: readonly HoldfastEvent[]): Promise<void> {
  switch (event.type) {
    case 'execution.submitted':
      submitted(lane);
      return admitted(lane);
    case 'execution.redriven':
      redriven(lane, later);
      return admitted(lane);
    case 'execution.started':
      return seeded(lane);
    case 'execution.paused':
    case 'execution.resumed':
      return suspended(lane, event);
    case 'signal.received':
      return signalled(lane, event);
    case 'execution.cancelled':
      cancelled(lane, event);
      return settled(lane, event);
    case 'execution.succeeded':
    case 'execution.failed':
      lookAtLostTasks(lane, event);
      return settled(lane, event);
  }
}

function submitted(lane: Lane): void {
  const { book, calls, execution, definitionSizeBytes } = lane;
  const create = () => {
    calls.createExecution(execution);
    book.request();
    book.machine('workflow');
  };
  // A child is made by the state that waits for it.
  if (execution.kind === 'child') return book.within('park', create);
  request(book, execution.kind === 'task' ? 'submitTask' : 'start', () => {
    for (const _ of execution.after) calls.getExecution(execution);
    if (execution.kind === 'workflow') calls.getVersion(definitionSizeBytes);
    else calls.putDefinition(definitionSizeBytes);
    create();
  });
}

function admitted({ book, calls, execution }: Lane): void {
  book.states('workflow', 1);
  book.invoke('admit', () => {
    calls.changeExecution(execution);
    for (const _ of execution.after) calls.getExecution(execution);
    if (execution.kind === 'workflow') {
      calls.acquire();
      calls.getExecution(execution);
    }
    book.request();
  });
}

function seeded(lane: Lane): void {
  const { book, calls, execution, progress, contents } = lane;
  const isFirst = progress.all.length === 0;
  if (isFirst) progress.begin();
  const { ready } = progress;
  const bare = contents.map(({ taskId, type }) => ({ taskId, type }));
  book.states('workflow', 2);
  const ms = book.invoke('seed', () => {
    lane.plan('seed');
    if (concurrencyOf(lane.program.definition) !== undefined) calls.limit();
    calls.getExecution(execution);
    calls.changeExecution(execution, 'there');
    if (isFirst) calls.layOut(bare, progress.gates, progress.lasts);
    if (execution.parent) calls.getExecution(execution);
    calls.tasks(execution, bare);
    book.request(ready.length);
  });
  lane.pass(ms);
  for (const track of progress.all) track.atMs = lane.nowMs;
  lane.lineUp(ready);
  book.invoke('await', () => {
    calls.changeExecution(execution);
    calls.allEnded(execution);
  });
}

function redriven(lane: Lane, later: readonly HoldfastEvent[]): void {
  const { book, calls, execution, progress, contents, definitionSizeBytes } = lane;
  progress.again(new Set(later.flatMap(({ taskId }) => (taskId === undefined ? [] : [taskId]))));
  lane.run++;
  const redrive = () => {
    calls.getExecution(execution);
    calls.putDefinition(definitionSizeBytes);
    calls.tasks(execution, contents, contents);
    calls.changeExecution(execution, 'moved');
    calls.layOut(contents, progress.gates, progress.lasts, contents);
    book.request();
    book.machine('workflow');
  };
  if (execution.kind === 'child') book.within('park', redrive);
  else request(book, 'redrive', redrive);
}

function suspended(lane: Lane, { type }: HoldfastEvent): void {
  const { book, calls, execution, progress, contents } = lane;
  const waiting = progress.all.filter(({ status }) => status === 'READY' || status === 'PARKED');
  request(book, type === 'execution.paused' ? 'pause' : 'resume', () => {
    calls.changeExecution(execution, 'there');
    calls.tasks(execution, contents);
    if (type === 'execution.resumed') {
      calls.tasks(execution, contents);
      book.request(waiting.length);
    }
  });
  if (type === 'execution.resumed') lane.lineUp(waiting);
}

function signalled(lane: Lane, event: HoldfastEvent): void {
  const { book, calls, execution, contents, progress } = lane;
  lane.signals.add(textIn(event, 'name'));
  // Park has looked before it.
  for (const track of progress.all) track.isAnswered = false;
  request(book, 'signal', () => {
    calls.getExecution(execution);
    calls.putSignal(execution, event.data);
    lane.plan('api');
    calls.tasks(execution, contents);
  });
}

function cancelled(lane: Lane, event: HoldfastEvent): void {
  const { book, calls, execution, progress } = lane;
  const cancel = () => {
    calls.changeExecution(execution, 'moved');
    cutOpen(lane);
  };
  const byParent = textIn(event, 'reason').startsWith('its parent');
  if (byParent) book.within('api', cancel);
  else request(book, 'cancel', cancel);
  if (progress.all.length > 0) return;
  // It was cancelled before it began: its machine goes through its states all the same.
  book.states('workflow', 2);
  book.invoke('seed', () => calls.getExecution(execution));
  book.invoke('await', () => calls.changeExecution(execution));
}

/** Ends what is open, and gives back what that held. */
function cutOpen({ calls, execution, contents, progress }: Lane): void {
  const open = progress.all.filter(({ status }) => !TASK_ENDS.includes(status));
  calls.cancelOpen(execution, contents, open.length);
  for (const track of open) track.status = 'CANCELLED';
  calls.tasks(execution, contents);
  calls.release(progress.all.filter(({ status }) => status === 'CANCELLED').length);
}

const CUT_SHORT = ['WorkflowTimeout', 'DependencyFailed'];

async function settled(lane: Lane, event: HoldfastEvent): Promise<void> {
  const { book, calls, execution, contents } = lane;
  const { parent } = execution;
  const outputs = event.type === 'execution.succeeded' ? await lane.reads.ofOutput() : undefined;
  book.states('workflow', 1);
  book.invoke('settle', () => {
    calls.getExecution(execution);
    if (event.type !== 'execution.cancelled') {
      if (event.type === 'execution.failed' && CUT_SHORT.includes(textIn(event, 'error'))) cutOpen(lane);
      else {
        lane.plan('settle');
        calls.tasks(execution, contents);
        calls.countTasks(execution, contents);
      }
      if (outputs) lane.read(outputs);
      if (execution.outputRef !== undefined) calls.putPayload();
      calls.changeExecution(execution, 'moved');
    } else calls.allEnded(execution);
    calls.release();
    calls.holders();
    calls.limit();
    if (parent) calls.task(execution, { taskId: parent.taskId });
    // The parent's task waits, unless it was what ended this.
    if (parent && event.type !== 'execution.cancelled') calls.getExecution(execution);
    calls.dependents();
  });
}
