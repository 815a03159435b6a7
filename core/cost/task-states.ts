import type { HoldfastEvent } from '../event/event.ts';
import type { Task, TaskStatus } from '../execution/execution.ts';
import { taskProgram } from '../execution/expressions.ts';
import { isEngineType } from '../workflow/definition.ts';
import {
  LAMBDA_STATE_MS,
  MESSAGES_A_SCHEDULE,
  PLAIN_STATE_MS,
  REQUESTS_A_MESSAGE,
  TIMER_HOP_MS,
  UNSCHEDULED_TIMER_MS_MAX,
} from './footprint.ts';
import type { Lane } from './lane.ts';
import type { Line, Track } from './progress.ts';
import type { TaskContent } from './sizes.ts';

/** What commits a task's end, and then what sets on their way those that waited for it. */
export interface Ending {
  commit: () => void;
  goOn: () => void;
}

/** The states that a task goes through, on either lane. */
export class TaskStates {
  readonly #lane: Lane;

  constructor(lane: Lane) {
    this.#lane = lane;
  }

  /** State Route: the execution and the task are read, then `work`. */
  route(track: Track, work: () => void): void {
    const line = track.line ?? this.#lane.start(track);
    this.#lane.state(track, 'route', () => {
      this.look(track, line);
      work();
    });
  }

  /** The same on the Standard lane. */
  routeOnStandard(track: Track, work: () => void): void {
    this.onStandard(track, 'route', () => {
      this.look(track);
      work();
    });
  }

  look(track: Track, line?: Line): void {
    this.#lane.plan('route', line);
    this.#lane.calls.task(this.#lane.execution, contentOf(track));
  }

  /** States Run and Outcome. */
  ran(track: Track, { atMs }: HoldfastEvent, outputRef?: string): void {
    const { settings, calls } = this.#lane;
    const ms = settings.attemptMs ?? Math.max(0, atMs - track.sinceMs);
    const work = () => {
      if (outputRef !== undefined) calls.putPayload();
    };
    this.of(track, 'run', work, ms);
  }

  /** Waits within its machine where that lives long enough, in a new one or on the Standard lane where it doesn't. */
  pass(track: Track, leftMs: number): void {
    const { settings, book } = this.#lane;
    if (leftMs <= 0) return;
    const line = track.line ?? this.#lane.start(track);
    const isWait = track.seed.type === 'wait';
    if (line.ms + leftMs > settings.machineAgeMsMax) {
      track.line = undefined;
      if (leftMs > settings.machineAgeMsMax) return this.#timer(track, leftMs, isWait);
      this.#lane.start(track);
      this.takeUp(track);
    }
    book.states('task', 1);
    this.#lane.elapse(track, track.line, leftMs);
    if (isWait) this.takeUp(track);
  }

  #timer(track: Track, leftMs: number, isWait: boolean): void {
    this.#lane.elapse(track, undefined, leftMs);
    this.#keep(leftMs);
    this.#lane.start(track);
    if (isWait) this.takeUp(track);
  }

  /** Keeps a time: by messages, of which each but the last sends the next one, and by a schedule where that is cheaper. */
  #keep(leftMs: number): void {
    const { book } = this.#lane;
    const isScheduled = leftMs > UNSCHEDULED_TIMER_MS_MAX;
    const messages = isScheduled ? MESSAGES_A_SCHEDULE : Math.ceil(leftMs / TIMER_HOP_MS);
    book.add('schedules', isScheduled ? 1 : 0);
    book.add('queueRequests', messages * REQUESTS_A_MESSAGE);
    for (let at = 0; at < messages; at++) book.invoke('remind', () => book.request());
  }

  /** At a far time limit: the task is looked at in a machine of its own, which goes on where it still waits. */
  #remind(track: Track): void {
    const { book } = this.#lane;
    const line = this.#lane.start(track);
    track.line = undefined;
    track.reminded = line;
    book.states('task', 2);
    line.ms += book.invoke('route', () => this.look(track, line)) + LAMBDA_STATE_MS + PLAIN_STATE_MS;
  }

  /**
   * Of a wait for what somebody else does: where its time limit is near its machine waits for that, where it is far a timer does; either
   * looks at the task then.
   */
  limit(track: Track, leftMs: number): void {
    const { settings, book } = this.#lane;
    const line = track.line!;
    track.isLimited = leftMs < Infinity;
    if (leftMs > settings.machineAgeMsMax) {
      track.line = undefined;
      if (!track.isLimited) return;
      this.#keep(leftMs);
      return this.#remind(track);
    }
    book.states('task', 3);
    line.ms += leftMs + book.invoke('route', () => this.look(track, line));
  }

  /** Somebody else answers it: what then keeps its time limit finds nothing to do. */
  leave(track: Track): void {
    track.line = undefined;
    if (track.isLimited) this.#lane.calls.release();
  }

  /** State Route, for a task that waits already. */
  takeUp(track: Track): void {
    this.route(track, () => undefined);
  }

  /** A state of the machine that runs the task. */
  of(track: Track, name: 'run' | 'complete' | 'heal' | 'park', work: () => void, ownMs = 0): void {
    if (track.line) return this.#lane.state(track, name, work, ownMs);
    this.#lane.book.states('long', name === 'run' ? 2 : 3);
    this.onStandard(track, name, work, ownMs);
  }

  /** A state of a machine of the Standard lane. */
  onStandard(
    track: Track,
    name: 'route' | 'run' | 'complete' | 'heal' | 'park',
    work: () => void,
    ownMs = 0,
  ): void {
    this.#lane.elapse(track, undefined, this.#lane.book.invoke(name, work, ownMs));
  }

  /** What the task's expressions read. */
  async inputOf(track: Track): Promise<() => void> {
    const { reads, program } = this.#lane;
    if (isEngineType(track.seed.type) && track.unmet > 0) return () => undefined;
    const read = await reads.ofTask(taskProgram(program, track.seed.index));
    return () => this.#lane.read(read);
  }

  ending(track: Track, status: TaskStatus, content: Partial<TaskContent>): Ending {
    const { progress, calls, execution, book } = this.#lane;
    const { graph } = progress;
    const isLast = graph.isSink(track.seed.index);
    const { children, ready } = progress.end(track, status);
    return {
      commit: () => {
        const fans = children.map(({ seed }) => graph.parents(seed.index).length);
        calls.changeTask(
          execution,
          { ...contentOf(track), ...content },
          { children: fans, lasts: isLast ? progress.lasts : 0 },
        );
        calls.release();
        book.request(Math.max(0, ready.length - (track.line ? 1 : 0)));
      },
      goOn: () => {
        for (const child of children) child.atMs = Math.max(child.atMs, track.atMs);
        this.#lane.goOn(track, ready);
        track.line = undefined;
        track.isAnswered = track.isLimited = false;
      },
    };
  }
}

export const contentOf = ({ seed: { taskId, type } }: Track): Pick<Task, 'taskId' | 'type'> => ({
  taskId,
  type,
});
