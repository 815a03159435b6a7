/** Holds what the log says against what the handlers did and what the clients were told. */
import { isDeepStrictEqual } from 'node:util';
import type { HoldfastEvent } from '../../core/event/event.ts';
import { type Answer, httpTo } from '../e2e/http.ts';
import type { Acknowledged } from './clients.ts';
import { type Effect, readEffects, readTrace, type TraceLine } from './trace.ts';

export interface Verdict {
  executions: number;
  ended: number;
  effectsTwice: number;
  completedRunAgain: number;
  lostAcknowledgements: number;
  /** Each violation in words, those counted above too. */
  violations: string[];
}

const ENDS = new Set(['SUCCEEDED', 'FAILED', 'CANCELLED']);
const TASK_ENDINGS = new Set(['task.succeeded', 'task.failed', 'task.skipped']);
const EXECUTION_ENDINGS = new Set(['execution.succeeded', 'execution.failed', 'execution.cancelled']);

const taskKey = ({ executionId, taskId }: { executionId: string; taskId?: string }) =>
  `${executionId}/${taskId}`;

/** Reads everything through the API. */
export async function verify(
  url: string,
  traceDir: string,
  acknowledged: readonly Acknowledged[],
): Promise<Verdict> {
  const http = httpTo(url);
  const verdict: Verdict = {
    executions: 0,
    ended: 0,
    effectsTwice: 0,
    completedRunAgain: 0,
    lostAcknowledgements: 0,
    violations: [],
  };
  for (const one of acknowledged) checkEnd(one, await http.get(`/executions/${one.executionId}`), verdict);

  const all = await http.list('/executions');
  verdict.executions = all.length;
  const effects = byTask(readEffects(traceDir));
  const traces = byTask(readTrace(traceDir));
  const completed = new Map<string, HoldfastEvent>();
  for (const { executionId, status } of all) {
    if (!ENDS.has(status as string))
      verdict.violations.push(`${executionId} is ${status} and should have ended`);
    for (const event of checkLog(executionId as string, await http.events(executionId as string), verdict))
      if (!completed.has(taskKey(event))) completed.set(taskKey(event), event);
  }
  for (const [key, event] of completed) checkNotAgain(key, event, traces.get(key) ?? [], verdict);
  for (const [key, found] of effects) {
    if (found.length === 1) continue;
    verdict.effectsTwice++;
    verdict.violations.push(
      `${key} committed its effect under ${found.map((effect) => effect.key).join(' and ')}`,
    );
  }
  for (const key of completed.keys()) {
    if (traces.has(key) && !effects.has(key)) verdict.violations.push(`${key} succeeded without its effect`);
  }
  for (const [key, lines] of traces) checkCheckpoints(key, lines, verdict);
  return verdict;
}

function checkEnd({ key, executionId, of }: Acknowledged, { status, body }: Answer, verdict: Verdict): void {
  if (status !== 200) {
    verdict.lostAcknowledgements++;
    verdict.violations.push(`${executionId} was acknowledged for "${key}" and is now answered ${status}`);
    return;
  }
  if (!ENDS.has(body.status as string)) return;
  verdict.ended++;
  const { name } = of.definition;
  if (body.status !== of.status) {
    const errors = JSON.stringify(body.errors);
    verdict.violations.push(`${executionId} (${name}) ended ${body.status}, not ${of.status}: ${errors}`);
  } else if (of.output !== undefined && !isDeepStrictEqual(body.output, of.output)) {
    verdict.violations.push(`${executionId} (${name}) gave ${JSON.stringify(body.output)}`);
  }
}

/** The successes in a log whose order, numbers and ends are as they must be. */
function checkLog(executionId: string, events: readonly HoldfastEvent[], verdict: Verdict): HoldfastEvent[] {
  const complain = (what: string) => verdict.violations.push(`${executionId}: ${what}`);
  const ended = new Map<string, HoldfastEvent>();
  const successes: HoldfastEvent[] = [];
  let over = false;
  events.forEach((event, at) => {
    const { seq, type, taskId } = event;
    if (seq !== at + 1) complain(`event ${at + 1} has the number ${seq}`);
    if (over) complain(`${type} came after the end`);
    if (EXECUTION_ENDINGS.has(type)) over = true;
    if (taskId === undefined) return;
    const end = ended.get(taskId);
    if (end && type === 'task.succeeded' && end.type === 'task.succeeded') verdict.effectsTwice++;
    if (end) complain(`${type} of ${taskId} came after its ${end.type} (events ${seq} and ${end.seq})`);
    if (TASK_ENDINGS.has(type)) ended.set(taskId, event);
    if (type === 'task.succeeded') successes.push(event);
  });
  if (!over) complain('its log has no end');
  return successes;
}

/** No handler starts after its task's success was logged: the log is what is durable, so that success outlived every kill. */
function checkNotAgain(
  key: string,
  { atMs, attempt = 0 }: HoldfastEvent,
  lines: TraceLine[],
  verdict: Verdict,
): void {
  for (const line of lines) {
    if (line.kind !== 'start' || (line.atMs <= atMs && line.attempt <= attempt)) continue;
    verdict.completedRunAgain++;
    verdict.violations.push(
      `${key} succeeded at ${atMs} in attempt ${attempt}, and attempt ${line.attempt} started at ${line.atMs}`,
    );
  }
}

/** What `checkpoint.save` acknowledged is what the next attempt loads, or something newer. */
function checkCheckpoints(key: string, lines: readonly TraceLine[], verdict: Verdict): void {
  let saved = 0;
  for (const { kind, count = 0, attempt } of lines) {
    if (kind === 'loaded' && count < saved)
      verdict.violations.push(`${key} had saved ${saved}, and attempt ${attempt} loaded ${count}`);
    if (kind !== 'start') saved = Math.max(saved, count);
  }
}

function byTask<T extends Effect | TraceLine>(items: readonly T[]): Map<string, T[]> {
  const found = new Map<string, T[]>();
  for (const item of items) {
    const key = taskKey(item);
    const list = found.get(key);
    if (list) list.push(item);
    else found.set(key, [item]);
  }
  return found;
}
