/** Executions to price: run on this machine, in memory, by the engine itself. */
import type { HoldfastEvent } from '../../core/event/event.ts';
import { type History, readHistory } from '../../core/cost/history.ts';
import type { JsonObject } from '../../core/json.ts';
import { openOrchestrator, type Orchestrator } from '../../embedded/orchestrator.ts';
import { chain, fan, readRecorded, recordedNames, workflowOf } from '../engine/workflows.ts';

export interface Workload {
  name: string;
  /** `timed`: they wait, with a time limit. */
  kind: 'short' | 'waiting' | 'timed';
  histories: History[];
}

const TASKS = 100;
const DAY_MS = 24 * 60 * 60_000;
const HOUR_MS = 60 * 60_000;
const MINUTE_MS = 60_000;
/** To either side of where each way of keeping a time ends. */
const DISTANCES = [
  ['half an hour', HOUR_MS / 2],
  ['an hour', HOUR_MS],
  ['7 hours', 7 * HOUR_MS],
  ['12 hours', 12 * HOUR_MS],
  ['a day', DAY_MS],
  ['30 days', 30 * DAY_MS],
] as const;
/** Long enough for all of them to begin before the first is over. */
const WAIT_MS = 1_000;

/** `isWanted`: which recorded workflows, by their files' names. */
export async function workloads(
  say: (line: string) => void,
  isWanted: (file: string) => boolean = () => true,
): Promise<Workload[]> {
  const orchestrator = await openOrchestrator({ dataDir: ':memory:', maxTasks: Infinity });
  try {
    const run = (document: JsonObject) => ran(orchestrator, document);
    const signalled = await run(waiting('signal'));
    const soon = await run(waiting('signal', { timeout: '30s' }));
    const late = await run(waiting('signal', { timeout: '1h' }));
    const timed = await run(waiting('wait', { input: { ms: WAIT_MS } }));
    const found: Workload[] = [
      { name: `chain of ${TASKS}`, kind: 'short', histories: [await run(chain(TASKS, 'chain'))] },
      {
        name: `${TASKS - 1} in parallel and a join`,
        kind: 'short',
        histories: [await run(fan(TASKS - 1, 'fan'))],
      },
    ];
    const recorded = await recordings(orchestrator, recordedNames().filter(isWanted));
    if (recorded.length > 0)
      found.push({ name: `${recorded.length} recorded workflows`, kind: 'short', histories: recorded });
    else say('left out: recorded workflows; the reference data (../shared/data/wfcommons) is not there');
    found.push(
      { name: 'a signal within a minute', kind: 'waiting', histories: [answered(signalled, MINUTE_MS)] },
      { name: 'a signal after a day', kind: 'waiting', histories: [answered(signalled, DAY_MS)] },
      { name: 'a signal after 30 days', kind: 'waiting', histories: [answered(signalled, 30 * DAY_MS)] },
      { name: "a child's end", kind: 'waiting', histories: [await childless(orchestrator)] },
      ...DISTANCES.map(([far, ms]): Workload => {
        return { name: `a time, ${far} away`, kind: 'waiting', histories: [due(timed, ms)] };
      }),
      { name: 'a signal, at most 30 s', kind: 'timed', histories: [answered(soon, MINUTE_MS / 3)] },
      { name: 'a signal, at most an hour', kind: 'timed', histories: [answered(late, MINUTE_MS)] },
      {
        name: 'a signal, at most 30 days',
        kind: 'timed',
        histories: [limited(answered(late, MINUTE_MS), 30 * DAY_MS)],
      },
    );
    return found;
  } finally {
    await orchestrator.close();
  }
}

const waiting = (type: string, more: JsonObject = {}): JsonObject => ({
  name: `${type}s`,
  tasks: Array.from({ length: TASKS }, (_, at) => ({ id: `t${at}`, type, ...more })),
});

async function ran(orchestrator: Orchestrator, document: JsonObject): Promise<History> {
  const { id } = await orchestrator.run(document);
  if (document.name === 'signals') await signalAll(orchestrator, id);
  const { status, errors } = await orchestrator.result(id);
  if (status !== 'SUCCEEDED') throw new Error(`${id} ended ${status}: ${JSON.stringify(errors)}`);
  return readHistory(orchestrator, id);
}

async function recordings(orchestrator: Orchestrator, names: readonly string[]): Promise<History[]> {
  const histories: History[] = [];
  for (const [at, name] of names.entries())
    histories.push(await ran(orchestrator, workflowOf(readRecorded(name), `recorded-${at}`)));
  return histories;
}

async function signalAll(orchestrator: Orchestrator, id: string): Promise<void> {
  let waits = 0;
  for await (const { type } of orchestrator.events(id)) {
    if (type === 'task.waiting') waits++;
    if (waits === TASKS) break;
  }
  for (let at = 0; at < TASKS; at++)
    await orchestrator.signal(id, { name: `t${at}`, payload: { approved: true } });
}

/** Without the children, whose tasks have bills of their own. */
async function childless(orchestrator: Orchestrator): Promise<History> {
  await orchestrator.submit({ document: chain(2, 'child') });
  const history = await ran(orchestrator, waiting('workflow', { input: { workflow: 'child' } }));
  return { ...history, children: [] };
}

/** As if the first answer had come so long after the last task began to wait, and every other in its wake. */
function answered(history: History, waitMs: number): History {
  const first = history.events.findIndex(({ type }) => type === 'signal.received');
  return later(history, first, waitMs - (history.events[first]!.atMs - history.events[first - 1]!.atMs));
}

/** As if every task had had that time limit. */
const limited = ({ definition, ...history }: History, timeoutMs: number): History => ({
  ...history,
  definition: { ...definition, tasks: definition.tasks.map((task) => ({ ...task, timeoutMs })) },
});

/** As if all had waited until so long after they began. */
function due(history: History, waitMs: number): History {
  const byMs = waitMs - WAIT_MS;
  const { events, ...rest } = later(
    history,
    history.events.findIndex(({ type }) => type === 'task.succeeded'),
    byMs,
  );
  const until = ({ data, ...event }: HoldfastEvent): HoldfastEvent =>
    typeof data?.dueMs === 'number'
      ? { ...event, data: { ...data, dueMs: data.dueMs + byMs } }
      : { ...event, data };
  return { ...rest, events: events.map(until) };
}

/** Moves an event, and all that came after it. */
function later({ execution, tasks, events, ...history }: History, first: number, byMs: number): History {
  const beganMs = events[first - 1]!.atMs;
  const moved = (atMs: number | undefined) => (atMs === undefined || atMs <= beganMs ? atMs : atMs + byMs);
  return {
    ...history,
    execution: { ...execution, endedMs: moved(execution.endedMs) },
    tasks: tasks.map((task) => ({ ...task, endedMs: moved(task.endedMs) })),
    events: events.map((event, at) => (at < first ? event : { ...event, atMs: event.atMs + byMs })),
  };
}
