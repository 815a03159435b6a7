import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecutionView } from '../core/api/schemas.ts';
import { EXIT } from './errors.ts';
import { type CliDeps, isInteractive } from './io.ts';
import { advance, createProgress, type Progress } from './progress/progress.ts';
import { createColors } from './progress/screen.ts';
import { openView, type View } from './progress/view.ts';
import type { Session } from './session.ts';
import { findStuck, type StuckTask } from './stuck.ts';
import { jsonSummary, textSummary } from './summary.ts';
import { clean } from './text.ts';

const STUCK_CHECK_MS = 500;
/** Enough to know the end by, where nothing else is shown. */
const QUIET_TYPES = ['execution.*'];

export interface FollowOptions {
  json?: boolean;
  /** First event to show. @default 1 */
  fromSeq?: number;
  /** How many tasks there are, where it is known before they are laid out. */
  total?: number;
}

/** Shows an execution until it ends, then what became of it. Returns the exit code. */
export async function follow(
  deps: CliDeps,
  session: Session,
  execution: ExecutionView,
  { json = false, fromSeq = 1, total = execution.tasks.total }: FollowOptions = {},
): Promise<number> {
  const { client } = session;
  const id = execution.executionId;
  const progress = createProgress(id, execution.workflow, total);
  const view = await openView(deps, json);
  const stopping = new AbortController();
  let interrupted = false;
  const unlisten = deps.onInterrupt(() => {
    interrupted = true;
    stopping.abort();
  });
  const onConnection = (connected: boolean) =>
    view.note(connected ? 'connected again' : `lost the connection to ${client.url}; trying again`);
  const watching = show(
    client.watch(id, {
      fromSeq,
      types: json ? QUIET_TYPES : undefined,
      signal: stopping.signal,
      onConnection,
    }),
    progress,
    view,
    session,
  );
  const stuck = watchForStuck(deps, session, progress, stopping, view);
  try {
    await watching;
  } finally {
    stopping.abort();
    unlisten();
    view.close(progress);
  }
  const last = await client.execution(id);
  if (json) deps.stdout.write(`${JSON.stringify(jsonSummary(last))}\n`);
  else deps.stdout.write(`${textSummary(last, createColors(deps), progress.failures)}\n`);
  const held = await stuck;
  if (interrupted) deps.stderr.write(`${goesOn(session, id)}\n`);
  else if (held) deps.stderr.write(`${stuckAdvice(session, id, held)}\n`);
  return interrupted ? EXIT.interrupted : last.status === 'SUCCEEDED' ? EXIT.ok : EXIT.failed;
}

async function show(
  events: ReturnType<Session['client']['watch']>,
  progress: Progress,
  view: View,
  { client }: Session,
): Promise<void> {
  for await (const event of events) {
    advance(progress, event);
    // The number of tasks is known once they are laid out, and an edited definition changes it.
    if (event.type === 'execution.redriven' || (event.type === 'execution.started' && progress.total === 0))
      progress.total = (await client.execution(progress.executionId)).tasks.total;
    view.event(event, progress);
  }
}

/**
 * Nobody can move a stuck task of a host that ends with this process, unless somebody sits in front of it. Resolves to those
 * tasks when it stopped following because of them.
 */
async function watchForStuck(
  deps: CliDeps,
  session: Session,
  progress: Progress,
  stopping: AbortController,
  view: View,
): Promise<StuckTask[] | undefined> {
  if (!session.isOwn) return undefined;
  const { client } = session;
  const someoneThere = isInteractive(deps.stdout, deps.env);
  let told = '';
  while (!stopping.signal.aborted) {
    await sleep(STUCK_CHECK_MS, undefined, { signal: stopping.signal }).catch(() => {});
    if (stopping.signal.aborted) return undefined;
    if (progress.running.size > 0) continue;
    const stuck = await findStuck(client, progress.executionId).catch(() => undefined);
    if (stuck === undefined || stuck.length === 0) continue;
    if (!someoneThere) {
      stopping.abort();
      return stuck;
    }
    const advice = stuckAdvice(session, progress.executionId, stuck);
    if (advice !== told) view.note((told = advice));
  }
  return undefined;
}

function stuckAdvice(session: Session, id: string, stuck: StuckTask[]): string {
  const lines = stuck.slice(0, 10).map(({ executionId, taskId, type, reason }) => {
    const signals = type === 'signal' || type === 'approval';
    const how = signals
      ? `\n    then: npx holdfast signal ${executionId} ${signalNameIn(reason, taskId)}`
      : '';
    return `  ${clean(taskId)} (${clean(type)}): ${clean(reason)}${how}`;
  });
  return ['Nothing goes on by itself any more:', ...lines, goesOn(session, id)].join('\n');
}

/** As the reason quotes it: waits for the signal "name". */
const signalNameIn = (reason: string, taskId: string): string => /"([^"]+)"/.exec(reason)?.[1] ?? taskId;

function goesOn({ isOwn, dataDir, client }: Session, id: string): string {
  return isOwn
    ? `Execution ${id} is kept in ${dataDir}. It goes on when a host opens it: npx holdfast start --data-dir ${dataDir}`
    : `Execution ${id} goes on at ${client.url}. See it again: npx holdfast watch ${id}`;
}
