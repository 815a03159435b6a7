/**
 * Watches a schedule from outside: committed events, starts of handlers, answers to clients. What must hold is derived here
 * from the definitions, with none of the engine's own code.
 */
import type { HoldfastEvent } from '../../core/event/event.ts';
import type { ExecutionStatus } from '../../core/execution/execution.ts';
import type { TaskCall } from '../../core/execution/steps.ts';
import type { JsonValue } from '../../core/json.ts';
import type { NewExecution } from '../../core/ports/execution-store.ts';
import type { WorkflowDefinition } from '../../core/workflow/definition.ts';
import { mayRun } from './model.ts';
import {
  ENDS,
  hasEnded,
  looksOf,
  parentsOf,
  type Seen,
  type SeenTask,
  signature,
  STATUSES,
  type Violation,
} from './seen.ts';
import type { Scheduler } from './scheduler.ts';
import type { Schedule } from './workloads.ts';

export class Oracles {
  readonly violations: Violation[] = [];
  readonly history: string[] = [];
  readonly seen = new Map<string, Seen>();
  readonly #schedule: Schedule;
  readonly #scheduler: Scheduler;
  readonly #definitions = new Map<string, WorkflowDefinition>();
  readonly #executions = new Map<string, NewExecution>();
  readonly log: string[] = [];
  /** Attempts at work now, by task, and all that this incarnation of the host began. */
  readonly #running = new Map<string, TaskCall>();
  readonly #begun = new Set<string>();
  readonly #checkpoints = new Map<string, number>();

  constructor(schedule: Schedule, scheduler: Scheduler) {
    this.#schedule = schedule;
    this.#scheduler = scheduler;
  }

  note(line: string): void {
    this.history.push(`${this.#scheduler.nowMs % 1e9} ${line}`);
  }

  fail(rule: string, expected: string, saw: string): void {
    this.violations.push({ rule, expected, saw });
    this.note(`VIOLATION ${rule}: expected ${expected}; saw ${saw}`);
  }

  check(ok: boolean, rule: string, expected: string, saw: () => string): void {
    if (!ok) this.fail(rule, expected, saw());
  }

  /** Definitions and executions as they are handed to the stores. */
  defined(hash: string, definition: WorkflowDefinition): void {
    this.#definitions.set(hash, definition);
  }

  created(execution: NewExecution): void {
    if (!this.#executions.has(execution.id)) this.#executions.set(execution.id, execution);
  }

  committed(events: readonly HoldfastEvent[]): void {
    for (const event of events) {
      this.log.push(signature(event));
      this.note(
        `committed ${signature(event)}${event.data?.error === undefined ? '' : ` ${JSON.stringify(event.data)}`}`,
      );
      this.#take(event);
    }
    // A batch is one transaction: what is in it happened at once.
    if (events.some(({ type }) => type === 'execution.started')) this.#workflows();
  }

  crashed(): void {
    this.#running.clear();
    this.#begun.clear();
    for (const { tasks } of this.seen.values()) for (const task of tasks.values()) task.floor = task.attempts;
  }

  hasCommitted(executionId: string, type: string): boolean {
    const seq = new RegExp(`^${executionId}#\\d+ ${type}\\b`);
    return this.log.some((line) => seq.test(line));
  }

  /** Failed attempts of a task so far, those before a redrive too. */
  failures(executionId: string, taskId: string): number {
    return this.seen.get(executionId)?.tasks.get(taskId)?.failures ?? 0;
  }

  /** The newest attempt of a task that is durable. */
  attempts({ executionId, taskId }: { executionId: string; taskId: string }): number {
    return this.seen.get(executionId)?.tasks.get(taskId)?.attempts ?? 0;
  }

  runBegins(call: TaskCall): void {
    const { executionId, taskId, attempt, type } = call;
    const key = `${executionId}/${taskId}`;
    this.note(`begins ${key}@${attempt}`);
    const seen = this.seen.get(executionId);
    const task = seen?.tasks.get(taskId);
    if (!seen || !task)
      return this.fail(
        '2 trigger rule',
        'an execution that has started',
        `${key} runs before it is laid out`,
      );
    this.check(
      task.successes === 0,
      '1 one effect',
      'no attempt after a committed success',
      () => `${key} runs again as attempt ${attempt}`,
    );
    this.check(
      attempt > task.floor,
      '1 fence',
      `an attempt above ${task.floor}, of the host before`,
      () => `${key} begins attempt ${attempt}`,
    );
    this.check(
      task.attempts >= attempt,
      '1 fence',
      'a durable claim first',
      () => `${key} begins attempt ${attempt} after claim ${task.attempts}`,
    );
    this.check(
      !this.#begun.has(`${key}@${attempt}`),
      '1 fence',
      'each attempt begins once',
      () => `${key} begins attempt ${attempt} twice`,
    );
    this.check(
      !this.#running.has(key),
      '1 fence',
      'one attempt of a task at a time',
      () => `${key} begins ${attempt} beside ${this.#running.get(key)!.attempt}`,
    );
    this.#rule(seen, task);
    this.#begun.add(`${key}@${attempt}`);
    // A cancel may overtake an attempt on its way; what that then does is refused.
    if (hasEnded(seen.status)) return;
    this.#running.set(key, call);
    this.#limits(seen, type);
  }

  runEnds(call: TaskCall): void {
    const key = `${call.executionId}/${call.taskId}`;
    this.note(`ends ${key}@${call.attempt}`);
    if (this.#running.get(key) === call) this.#running.delete(key);
  }

  savedCheckpoint(key: string, attempt: number): void {
    this.#checkpoints.set(key, attempt);
  }

  loadedCheckpoint(key: string, value: JsonValue | undefined): void {
    const saved = this.#checkpoints.get(key) ?? 0;
    const got = (value as { attempt?: number } | undefined)?.attempt ?? 0;
    this.check(
      got >= saved,
      '3 checkpoint',
      `the checkpoint of attempt ${saved}`,
      () => `${key} loads that of ${got}`,
    );
  }

  #take(event: HoldfastEvent): void {
    const { executionId, type } = event;
    if (type === 'execution.submitted') this.#admit(executionId);
    const seen = this.seen.get(executionId);
    if (!seen) return this.fail('log', 'execution.submitted first', signature(event));
    this.check(event.seq === seen.seq + 1, 'log', `number ${seen.seq + 1} next`, () => signature(event));
    seen.seq = event.seq;
    const status = STATUSES[type];
    if (status) this.#moves(seen, event, status);
    else if (event.taskId !== undefined) this.#task(seen, event, seen.tasks.get(event.taskId));
  }

  #admit(id: string): void {
    const created = this.#executions.get(id)!;
    const definition = this.#definitions.get(created.definitionHash)!;
    const tasks = new Map<string, SeenTask>();
    for (const task of definition.tasks)
      tasks.set(task.id, { definition: task, endMs: 0, attempts: 0, floor: 0, failures: 0, successes: 0 });
    const { kind } = created;
    this.seen.set(id, {
      id,
      kind,
      definition,
      status: 'QUEUED',
      seq: 0,
      startedMs: 0,
      redriven: 0,
      cut: false,
      tasks,
    });
  }

  #moves(seen: Seen, event: HoldfastEvent, status: ExecutionStatus): void {
    this.check(
      event.type === 'execution.redriven' || !hasEnded(seen.status),
      '1 one end',
      `nothing after ${seen.status}`,
      () => signature(event),
    );
    seen.status = status;
    if (event.type === 'execution.started') seen.startedMs = event.atMs;
    if (event.type === 'execution.redriven') {
      seen.redriven++;
      this.#again(seen);
    }
    if (status === 'CANCELLED' || event.data?.error === 'WorkflowTimeout') {
      seen.cut = true;
      for (const [key, call] of this.#running) if (call.executionId === seen.id) this.#running.delete(key);
    }
    if (status === 'SUCCEEDED') {
      const open = [...seen.tasks.values()].filter(({ end }) => end === undefined);
      this.check(
        open.length === 0,
        '1 one end',
        'every task ended first',
        () => `${seen.id} succeeds before ${ids(open)}`,
      );
    }
  }

  /** A redrive: successes and tolerated failures stand, and skips below nothing but those. */
  #again(seen: Seen): void {
    const stands = new Set<string>();
    for (const [id, { end, definition }] of seen.tasks)
      if (end === 'SUCCEEDED' || (end === 'FAILED' && !definition.critical)) stands.add(id);
    for (let grew = true; grew; ) {
      grew = false;
      for (const [id, { end, definition }] of seen.tasks) {
        if (
          stands.has(id) ||
          end !== 'SKIPPED' ||
          !parentsOf(definition).every((parent) => stands.has(parent))
        )
          continue;
        stands.add(id);
        grew = true;
      }
    }
    for (const [id, task] of seen.tasks) {
      task.dueMs = undefined;
      if (seen.definition.strategy === 'sequential' && task.end === 'SKIPPED') task.unsure = true;
      else if (!stands.has(id)) Object.assign(task, { end: undefined, last: undefined });
    }
  }

  #task(seen: Seen, event: HoldfastEvent, task: SeenTask | undefined): void {
    if (!task) return this.fail('log', 'a task of the definition', signature(event));
    const { type, atMs, attempt = 0 } = event;
    this.check(task.end === undefined || task.unsure === true, '1 one end', `nothing after ${task.end}`, () =>
      signature(event),
    );
    this.check(
      seen.status === 'RUNNING' || seen.status === 'PAUSED',
      '1 one end',
      `nothing while ${seen.status}`,
      () => signature(event),
    );
    if (type === 'task.started' || type === 'task.waiting') {
      this.#rule(seen, task);
      this.check(attempt > task.attempts, '1 fence', `an attempt above ${task.attempts}`, () =>
        signature(event),
      );
    }
    this.#punctual(seen, task, event);
    this.#inTime(seen, task, event);
    task.attempts = Math.max(task.attempts, attempt);
    task.last = type;
    task.dueMs = undefined;
    if (type === 'task.attempt-failed' || type === 'task.failed') task.failures++;
    if (type === 'task.attempt-failed') task.dueMs = atMs + Number(event.data?.delayMs);
    if (type === 'task.succeeded') {
      task.successes++;
      this.check(task.successes === 1, '1 one effect', 'one success a task', () => signature(event));
    }
    const end = ENDS[type];
    if (end || task.unsure) Object.assign(task, { end, endMs: atMs, unsure: false });
  }

  /** Nobody starts before the trigger rule says so. */
  #rule(seen: Seen, task: SeenTask): void {
    const { definition } = task;
    const { truths } = this.#schedule;
    const open = parentsOf(definition).filter((id) => seen.tasks.get(id)!.end === undefined);
    if (open.length > 0)
      return this.fail(
        '2 trigger rule',
        `${open.join(', ')} ended first`,
        `${seen.id}/${definition.id} starts`,
      );
    const looks = parentsOf(definition).flatMap((id) => looksOf(seen.tasks.get(id)!, truths));
    if (looks.includes(undefined)) return;
    const rule = mayRun(definition, (id) => looksOf(seen.tasks.get(id)!, truths)!);
    // After a redrive a success may stand whose cause has gone.
    this.check(
      rule || seen.redriven > 0,
      '2 trigger rule',
      'its edges hold',
      () => `${seen.id}/${definition.id} starts`,
    );
    if (definition.condition !== undefined && definition.type !== 'condition')
      this.check(
        this.#schedule.truths.get(definition.id) !== false,
        '2 trigger rule',
        'its condition holds',
        () => `${definition.id} starts`,
      );
  }

  /** Nobody waits for anything but its own parents, its own delay and the limits. */
  #punctual(seen: Seen, task: SeenTask, event: HoldfastEvent): void {
    const key = `${seen.id}/${task.definition.id}`;
    if (task.dueMs !== undefined && event.type === 'task.started')
      this.check(
        event.atMs >= task.dueMs,
        '2 backoff',
        `not before ${task.dueMs}`,
        () => `${key} starts at ${event.atMs}`,
      );
    if (!this.#schedule.exact || !['task.started', 'task.waiting', 'task.skipped'].includes(event.type))
      return;
    const { maxConcurrency, strategy } = seen.definition;
    if (maxConcurrency !== undefined || strategy === 'sequential') return;
    const ends = parentsOf(task.definition).map((id) => seen.tasks.get(id)!.endMs);
    const readyMs = task.dueMs ?? Math.max(seen.startedMs, ...ends);
    if (task.last !== undefined && task.dueMs === undefined) return;
    this.check(
      event.atMs === readyMs,
      '2 no barrier',
      `${key} at ${readyMs}`,
      () => `${event.type} ${event.atMs - readyMs} ms later`,
    );
  }

  /** A wait for a signal ends at its time limit, and fails once. */
  #inTime(seen: Seen, task: SeenTask, { type, atMs, data }: HoldfastEvent): void {
    const { waitsMs, definition } = task;
    task.waitsMs = type === 'task.waiting' ? atMs : undefined;
    const { timeoutMs } = definition;
    const isSignalled = definition.type === 'signal' || definition.type === 'approval';
    if (!isSignalled || timeoutMs === undefined || data?.error !== 'TaskTimeout') return;
    const limitMs = (waitsMs ?? Infinity) + timeoutMs;
    this.check(
      this.#schedule.exact ? atMs === limitMs : atMs >= limitMs,
      '2 time limit',
      `${seen.id}/${definition.id} waits until ${limitMs}`,
      () => `${type} at ${atMs}`,
    );
  }

  #limits(seen: Seen, type: string): void {
    const { maxTasks, pools } = this.#schedule.limits;
    const running = [...this.#running.values()];
    const bound = (what: string, held: number, most: number) =>
      this.check(held <= most, '4 limits', `at most ${most} ${what}`, () => `${held} run`);
    bound('tasks', running.length, maxTasks);
    if (pools[type] !== undefined)
      bound(type, running.filter((call) => call.type === type).length, pools[type]);
    const own = seen.definition.strategy === 'sequential' ? 1 : seen.definition.maxConcurrency;
    if (own !== undefined)
      bound(`tasks of ${seen.id}`, running.filter(({ executionId }) => executionId === seen.id).length, own);
  }

  #workflows(): void {
    const { maxWorkflows } = this.#schedule.limits;
    const active = [...this.seen.values()].filter(
      ({ kind, status }) => kind === 'workflow' && (status === 'RUNNING' || status === 'PAUSED'),
    );
    this.check(active.length <= maxWorkflows, '4 limits', `at most ${maxWorkflows} workflows`, () =>
      ids(active.map(({ id }) => ({ definition: { id } }))),
    );
  }

  /** How each task ended, by execution and task. */
  ends(): Map<string, string> {
    const ends = new Map<string, string>();
    for (const { id, tasks } of this.seen.values())
      for (const [taskId, { end }] of tasks) ends.set(`${id}/${taskId}`, end ?? 'CANCELLED');
    return ends;
  }
}

const ids = (tasks: readonly { definition: { id: string } }[]): string =>
  tasks.map(({ definition }) => definition.id).join(', ');
