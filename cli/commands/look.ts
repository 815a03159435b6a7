/** Commands that only look: ls, show, watch. */
import type { Client, ExecutionFilter } from '../../client/index.ts';
import type { ExecutionSummaryView, ExecutionView, TaskSummaryView } from '../../core/api/schemas.ts';
import { EXECUTION_ENDS, type ExecutionStatus } from '../../core/execution/execution.ts';
import { EXIT } from '../errors.ts';
import { follow } from '../follow.ts';
import { type CliDeps, type Colors, UsageError } from '../io.ts';
import { createColors } from '../progress/screen.ts';
import { type HostFlags, openSession, type Session } from '../session.ts';
import { shortOutput, textSummary } from '../summary.ts';
import { didYouMean } from '../../core/api/nearest.ts';
import { duration, localTime, oneLine, table } from '../text.ts';

const STATUSES: ExecutionStatus[] = ['QUEUED', 'RUNNING', 'PAUSED', 'SUCCEEDED', 'FAILED', 'CANCELLED'];
const TASKS_SHOWN = 100;

export interface ListFlags extends HostFlags {
  status?: string;
  workflow?: string;
  limit?: string;
  all?: boolean;
  json?: boolean;
}

export async function list(deps: CliDeps, flags: ListFlags): Promise<number> {
  const limit = Number(flags.limit ?? 20);
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000)
    throw new UsageError(`--limit is ${flags.limit}.`, 'Give a number from 1 to 1000.');
  const status = flags.status?.split(',').map(statusNamed);
  return withSession(deps, flags, async ({ client }) => {
    const items = await newest(client, { status, workflow: flags.workflow }, limit, flags.all ?? false);
    if (flags.json) deps.stdout.write(`${JSON.stringify(items)}\n`);
    else deps.stdout.write(`${executionTable(items)}\n`);
    return EXIT.ok;
  });
}

/** Children stand for a task of their parent, so they are left out unless asked for. */
async function newest(
  client: Client,
  filter: ExecutionFilter,
  limit: number,
  all: boolean,
): Promise<ExecutionSummaryView[]> {
  const found: ExecutionSummaryView[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.executions({ ...filter, cursor, limit: all ? limit : 1000 });
    found.push(...page.items.filter(({ kind }) => all || kind !== 'child'));
    cursor = page.nextCursor;
  } while (cursor !== undefined && found.length < limit);
  return found.slice(0, limit);
}

function statusNamed(text: string): ExecutionStatus {
  const found = STATUSES.find((status) => status === text.trim().toUpperCase());
  if (found === undefined)
    throw new UsageError(`There is no status "${text}".`, didYouMean(text.toUpperCase(), STATUSES));
  return found;
}

function executionTable(items: ExecutionSummaryView[]): string {
  if (items.length === 0) return 'No executions. Start one with: npx holdfast run FILE';
  const rows = items.map(({ executionId, workflow, status, tasks, submittedMs, makespanMs }) => [
    executionId,
    oneLine(workflow, 40),
    status,
    `${tasks.total - tasks.open}/${tasks.total}`,
    localTime(submittedMs),
    makespanMs === undefined ? '' : duration(makespanMs),
  ]);
  return table([['ID', 'WORKFLOW', 'STATUS', 'TASKS', 'SUBMITTED', 'TOOK'], ...rows]);
}

export async function show(
  deps: CliDeps,
  id: string,
  flags: HostFlags & { json?: boolean; task?: string },
): Promise<number> {
  return withSession(deps, flags, async ({ client }) => {
    if (flags.task !== undefined) {
      const task = await client.executionTask(id, flags.task);
      deps.stdout.write(`${flags.json ? JSON.stringify(task) : taskText(task)}\n`);
      return EXIT.ok;
    }
    const execution = await client.execution(id);
    if (flags.json) deps.stdout.write(`${JSON.stringify(execution)}\n`);
    else {
      const { items, nextCursor } = await client.tasks(id, { limit: TASKS_SHOWN });
      deps.stdout.write(`${executionText(execution, items, nextCursor !== undefined, createColors(deps))}\n`);
    }
    return EXIT.ok;
  });
}

function executionText(
  execution: ExecutionView,
  tasks: TaskSummaryView[],
  more: boolean,
  colors: Colors,
): string {
  const { executionId, workflow, version, run, submittedMs, variables } = execution;
  const rows = tasks.map((task) => [
    oneLine(task.taskId, 40),
    task.type,
    task.status,
    task.startedMs === undefined ? '' : duration((task.endedMs ?? task.startedMs) - task.startedMs),
    oneLine(task.failure ? `${task.failure.error}: ${task.failure.cause}` : whyOf(task), 200),
  ]);
  return [
    `${executionId}  ${oneLine(workflow)} version ${version}, run ${run}, submitted ${localTime(submittedMs)}`,
    ...(Object.keys(variables).length === 0 ? [] : [`variables ${oneLine(JSON.stringify(variables), 500)}`]),
    '',
    table([['TASK', 'TYPE', 'STATUS', 'TOOK', 'WHY'], ...rows]),
    ...(more ? [`… the first ${TASKS_SHOWN} of ${execution.tasks.total}`] : []),
    '',
    textSummary(execution, colors),
  ].join('\n');
}

const whyOf = ({ reason, nodeId }: TaskSummaryView): string =>
  reason ?? (nodeId === undefined ? '' : `on ${nodeId}`);

function taskText({ output, ...task }: TaskSummaryView & { output?: unknown }): string {
  const facts = Object.entries(task).filter(([name]) => !name.endsWith('Ms'));
  const lines = facts.map(([name, value]) => [
    `${name}:`,
    oneLine(typeof value === 'object' ? JSON.stringify(value) : String(value)),
  ]);
  return `${table(lines)}\n\n${output === undefined ? 'no output' : shortOutput(output)}`;
}

export async function watch(
  deps: CliDeps,
  id: string,
  flags: HostFlags & { json?: boolean },
): Promise<number> {
  return withSession(deps, flags, async (session) => {
    const execution = await session.client.execution(id);
    return follow(deps, session, execution, { json: flags.json });
  });
}

export const hasEnded = ({ status }: ExecutionView): boolean => EXECUTION_ENDS.includes(status);

export async function withSession(
  deps: CliDeps,
  flags: HostFlags,
  use: (session: Session) => Promise<number>,
): Promise<number> {
  const session = await openSession(deps, flags);
  try {
    return await use(session);
  } finally {
    await session.close();
  }
}
