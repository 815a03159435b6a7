/** The table's stream, read by one call a shard at a time, and the log over all executions, written by one after the other. */
import { FUNCTION_MEMORY_MB, functionMs, POLL_MS, REPORT_BATCH } from '../../core/cost/footprint.ts';
import type { VirtualTime } from '../../core/simulator/virtual-time.ts';

/** Calls that a batch makes whatever is in it, and for each execution that it tells of, of which 16 are told of at once. */
const CALLS = 4;
const CALLS_EACH = 2;
const EXECUTIONS_AT_ONCE = 16;
/** A look at the newest entry, and the put of the next one: nobody else's can come between. */
const FEED_CALLS = 2;

const ms = (calls: number): number => functionMs(FUNCTION_MEMORY_MB.report, calls);
const FEED_MS = ms(FEED_CALLS) - ms(0);

/** Writes of a shard that tell of events, in their order; those that were read are let go of now and then. */
class Shard {
  isRead = false;
  #atMs: number[] = [];
  #executions: number[] = [];
  #first = 0;

  get waiting(): number {
    return this.#atMs.length - this.#first;
  }

  add(atMs: number, execution: number): void {
    this.#atMs.push(atMs);
    this.#executions.push(execution);
  }

  /** When the oldest of the next batch was written, and of how many executions it tells. */
  take(most: number): { oldestMs: number; executions: number } {
    const end = Math.min(this.#atMs.length, this.#first + most);
    const executions = new Set(this.#executions.slice(this.#first, end)).size;
    const taken = { oldestMs: this.#atMs[this.#first]!, executions };
    this.#first = end;
    if (this.#first * 2 > this.#atMs.length) {
      this.#atMs = this.#atMs.slice(this.#first);
      this.#executions = this.#executions.slice(this.#first);
      this.#first = 0;
    }
    return taken;
  }
}

export class Stream {
  /** The longest that an event took from its write to the log over all executions. */
  latestMs = 0;
  readonly #timeline: VirtualTime;
  readonly #shards: Shard[];
  readonly #write: (units: number) => number;
  #feedFreeMs = 0;

  /** `write`: takes write units of the table; gives the milliseconds until they are there. */
  constructor(timeline: VirtualTime, shards: number, write: (units: number) => number) {
    this.#timeline = timeline;
    this.#write = write;
    this.#shards = Array.from({ length: shards }, () => new Shard());
  }

  /** A write that tells of an event. */
  tell(execution: number): void {
    const shard = this.#shards[execution % this.#shards.length]!;
    shard.add(this.#timeline.nowMs, execution);
    if (!shard.isRead) this.#read(shard, POLL_MS);
  }

  #read(shard: Shard, inMs: number): void {
    shard.isRead = true;
    this.#timeline.after(inMs, () => {
      const { oldestMs, executions } = shard.take(REPORT_BATCH);
      // A segment an execution, and an entry of the feed.
      const heldUpMs = this.#write(executions + 1);
      const ownMs = heldUpMs + ms(CALLS + CALLS_EACH * Math.ceil(executions / EXECUTIONS_AT_ONCE));
      const { nowMs } = this.#timeline;
      this.#feedFreeMs = Math.max(this.#feedFreeMs, nowMs + ownMs) + FEED_MS;
      this.latestMs = Math.max(this.latestMs, this.#feedFreeMs - oldestMs);
      shard.isRead = false;
      // The next batch is taken when this one is told of; a poll finds it where none waits.
      if (shard.waiting > 0) this.#read(shard, this.#feedFreeMs - nowMs);
    });
  }
}
