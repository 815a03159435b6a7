import { concurrencyOf } from '../dag/graph.ts';
import type { HoldfastEvent } from '../event/event.ts';
import type { TaskFailure, TaskStatus } from '../execution/execution.ts';
import { taskProgram } from '../execution/expressions.ts';
import { isSignalled, signalName } from '../execution/signal.ts';
import { isEngineType, type TaskDefinition } from '../workflow/definition.ts';
import type { Lane } from './lane.ts';
import type { Track } from './progress.ts';
import { textIn } from './sizes.ts';
import { contentOf, TaskStates } from './task-states.ts';

const CHILD_TYPES = ['workflow', 'parallel', 'map'];
/** A time limit that is over. */
const TIMEOUT = 'TaskTimeout';

/** What each event of a task takes. */
export class TaskWalk {
  readonly #lane: Lane;
  readonly #states: TaskStates;

  constructor(lane: Lane) {
    this.#lane = lane;
    this.#states = new TaskStates(lane);
  }

  async on(event: HoldfastEvent): Promise<void> {
    const track = this.#lane.progress.of(event.taskId);
    // Of a task that an edited definition no longer has.
    if (!track) return;
    switch (event.type) {
      case 'task.started':
        return this.#started(track, event);
      case 'task.waiting':
        return this.#waiting(track, event);
      case 'task.parked':
        return this.#parked(track);
      case 'task.succeeded':
        return this.#succeeded(track, event);
      case 'task.failed':
        return this.#failed(track, event);
      case 'task.skipped':
        return this.#skipped(track);
      case 'task.attempt-failed':
        return this.#attemptFailed(track, event);
      case 'task.interrupted':
        return this.#interrupted(track, event);
    }
  }

  async #started(track: Track, { atMs }: HoldfastEvent): Promise<void> {
    const { settings, calls, book, execution } = this.#lane;
    const input = await this.#states.inputOf(track);
    const begin = () => {
      input();
      calls.findType();
    };
    const claim = () => {
      calls.acquire();
      calls.changeTask(execution, contentOf(track));
      calls.task(execution, contentOf(track));
    };
    const isLong = settings.longTypes.has(track.seed.type);
    this.#states.route(track, isLong ? begin : () => (begin(), claim()));
    if (isLong) {
      track.line = undefined;
      book.machine('long');
      book.states('long', 2);
      this.#states.routeOnStandard(track, () => (begin(), claim()));
    }
    track.status = 'RUNNING';
    track.sinceMs = atMs;
  }

  /** What became ready during a pause was taken up in vain, and is again after it. */
  async refused(): Promise<void> {
    const { calls, execution, progress } = this.#lane;
    for (const track of progress.ready) {
      const input = await this.#states.inputOf(track);
      this.#states.route(track, () => {
        input();
        if (!isEngineType(track.seed.type)) {
          calls.findType();
          calls.acquire();
        }
        calls.changeTask(execution, contentOf(track));
        calls.release();
      });
    }
  }

  async #waiting(track: Track, { atMs, data }: HoldfastEvent): Promise<void> {
    const { calls, execution, book, program, settings } = this.#lane;
    const input = await this.#states.inputOf(track);
    const isTimed = typeof data?.dueMs === 'number';
    const { timeoutMs: limitMs = Infinity } = this.#task(track);
    const isLimited = concurrencyOf(program.definition) !== undefined;
    this.#states.route(track, () => {
      // What a child takes is read by the state that starts it.
      if (!CHILD_TYPES.includes(track.seed.type) || this.#task(track).condition !== undefined) input();
      if (isLimited) calls.acquire();
      calls.changeTask(execution, contentOf(track));
      if (isLimited) {
        calls.acquire();
        calls.task(execution, contentOf(track));
      }
      if (isTimed || (limitMs > settings.machineAgeMsMax && limitMs < Infinity)) book.request();
    });
    track.status = 'WAITING';
    track.sinceMs = atMs;
    if (isTimed) return this.#states.pass(track, Number(data.dueMs) - atMs);
    const isOld = (track.line?.ms ?? 0) + limitMs > settings.machineAgeMsMax;
    if (limitMs <= settings.machineAgeMsMax && isOld) {
      this.#lane.start(track);
      this.#states.takeUp(track);
    }
    await this.#park(track, input);
    if (!track.isAnswered) this.#states.limit(track, limitMs);
  }

  /** State Park: starts the child, or finds that the signal has come. */
  async #park(track: Track, input: () => void): Promise<void> {
    const { calls, execution, signals, definitionSizeBytes, reads, program } = this.#lane;
    const task = this.#task(track);
    const given = await reads.ofChild(taskProgram(program, track.seed.index));
    track.isAnswered = isSignalled(task) && signals.has(signalName(task, task.input));
    this.#states.of(track, 'park', () => {
      this.#lane.plan('park', track.line);
      calls.task(execution, contentOf(track));
      if (isSignalled(task)) {
        calls.signal();
        if (track.isAnswered) calls.getExecution(execution);
        return;
      }
      input();
      if (task.type === 'workflow') calls.getVersion(definitionSizeBytes);
      else {
        this.#lane.read(given);
        calls.putDefinition(definitionSizeBytes);
      }
      calls.changeTask(execution, contentOf(track));
      // The first time it is made, which its own history tells of; later it is found.
      if (track.waits > 0) calls.createExecution(execution);
    });
    track.waits++;
  }

  async #parked(track: Track): Promise<void> {
    const { calls, execution } = this.#lane;
    const input = await this.#states.inputOf(track);
    this.#states.route(track, () => {
      input();
      calls.findType();
      calls.release();
      calls.parkTask(execution, contentOf(track));
    });
    track.status = 'PARKED';
    track.line = undefined;
  }

  async #succeeded(track: Track, event: HoldfastEvent): Promise<void> {
    const { book } = this.#lane;
    const { output, outputRef } = this.#lane.record(track.seed.taskId) ?? {};
    const from = track.status;
    if (from === 'WAITING' && track.seed.type !== 'wait') this.#answered(track, event);
    const end = this.#states.ending(track, 'SUCCEEDED', { output });
    if (from === 'RUNNING') {
      this.#states.ran(track, event, outputRef);
      this.#states.of(track, 'complete', () => {
        this.#lane.plan('complete', track.line);
        end.commit();
      });
    } else if (from !== 'WAITING') await this.#decided(track, end.commit);
    else if (track.seed.type === 'wait') book.within('route', end.commit);
    else
      book.within(track.isAnswered ? 'park' : 'api', () => {
        this.#lane.plan(track.isAnswered ? 'park' : 'complete', track.line);
        end.commit();
      });
    end.goOn();
  }

  async #failed(track: Track, event: HoldfastEvent): Promise<void> {
    const from = track.status;
    if (from === 'WAITING') this.#answered(track, event);
    const end = this.#states.ending(track, 'FAILED', { failure: failureIn(event) });
    if (from === 'RUNNING' || from === 'WAITING') this.#heal(track, from, event, end.commit);
    else await this.#decided(track, end.commit);
    end.goOn();
  }

  async #skipped(track: Track): Promise<void> {
    const end = this.#states.ending(track, 'SKIPPED', {});
    await this.#decided(track, end.commit, track.unmet === 0);
    end.goOn();
  }

  #attemptFailed(track: Track, event: HoldfastEvent): void {
    const { calls, execution } = this.#lane;
    const failure = failureIn(event);
    if (track.status === 'WAITING') this.#answered(track, event);
    this.#heal(track, track.status, event, () => {
      calls.changeTask(execution, { ...contentOf(track), failure });
      calls.release();
    });
    const delayMs = Number(event.data?.delayMs ?? 0);
    if (track.line === undefined) this.#lane.start(track);
    track.status = 'READY';
    track.isAnswered = track.isLimited = false;
    // Its wait is over at once: the next state begins the next attempt.
    if (delayMs <= 0) return;
    this.#states.takeUp(track);
    this.#states.pass(track, delayMs);
  }

  #interrupted(track: Track, event: HoldfastEvent): void {
    const { calls, execution, book } = this.#lane;
    if (track.status === 'RUNNING') this.#states.ran(track, event);
    book.within('mend', () => {
      calls.changeTask(execution, contentOf(track));
      calls.release();
      book.request();
    });
    track.status = 'READY';
    this.#lane.start(track);
  }

  /** A task whose end State Route decides on by itself. */
  async #decided(track: Track, finish: () => void, reads = true): Promise<void> {
    const { calls } = this.#lane;
    const input = reads ? await this.#states.inputOf(track) : () => undefined;
    this.#states.route(track, () => {
      input();
      calls.release();
      finish();
    });
  }

  /** The end of a wait: by Park, by its time limit, or by whoever sends the signal or ends the child. */
  #answered(track: Track, event: HoldfastEvent): void {
    if (track.isAnswered) return;
    this.#lane.elapse(track, undefined, event.atMs - track.sinceMs);
    if (event.data?.error !== TIMEOUT) this.#states.leave(track);
    else track.line ??= track.reminded;
  }

  /** State Heal, or its work by whoever answers a task that waits. */
  #heal(track: Track, from: TaskStatus, event: HoldfastEvent, end: () => void): void {
    const { calls, book, execution } = this.#lane;
    const isState = from === 'RUNNING' || (!track.isAnswered && event.data?.error === TIMEOUT);
    if (from === 'RUNNING') this.#states.ran(track, event);
    const work = () => {
      this.#lane.plan(track.isAnswered ? 'park' : 'heal', track.line);
      calls.task(execution, contentOf(track));
      calls.checkpoint();
      end();
    };
    if (isState) return this.#states.of(track, 'heal', work);
    book.within(track.isAnswered ? 'park' : 'api', work);
  }

  #task({ seed }: Track): TaskDefinition {
    return this.#lane.program.graph.tasks[seed.index]!;
  }
}

const failureIn = (event: HoldfastEvent): TaskFailure => ({
  error: textIn(event, 'error'),
  cause: textIn(event, 'cause'),
});
