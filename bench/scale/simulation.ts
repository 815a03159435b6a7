/** Executions that share an account: each step of the way takes what it takes of the buckets, and waits for what isn't there. */
import { WRITES_AT_ONCE } from '../../adapters/aws/table.ts';
import {
  FUNCTION_MEMORY_MB,
  functionMs,
  LAMBDA_STATE_MS,
  PLAIN_STATE_MS,
} from '../../core/cost/footprint.ts';
import { EXPRESS_AGE_MS_MAX, HOPS_MAX } from '../../core/execution/steps.ts';
import { VirtualTime } from '../../core/simulator/virtual-time.ts';
import { type Account, QUOTAS, type QuotaName } from './quotas.ts';
import { Bucket, Places, type Waits } from './resources.ts';
import { Stream } from './stream.ts';
import { type Use, type Uses, usesOf } from './uses.ts';

export interface Load {
  executions: number;
  tasksEach: number;
  /** One task after the other, or all at once and a join where `joins`. */
  shape: 'chain' | 'fan';
  joins: boolean;
  /** All are children of one execution; otherwise clients start them. */
  isOneTree: boolean;
  attemptMs: number;
  /** `MAX_WORKFLOWS`. @default unlimited */
  workflowsAtOnce?: number;
  /** `maxConcurrency` of each execution. @default unlimited */
  tasksAtOnceEach?: number;
}

export interface Outcome {
  /** Until the last execution had ended; where `isStuck`, until then. */
  seconds: number;
  tasksPerSecond: number;
  /** Machines that gave up on a function that was never free; a look for lost tasks takes their tasks up again. */
  gaveUp: number;
  /** More gave up than can be made good: it wasn't waited for. */
  isStuck: boolean;
  /** The longest that an event took to the log over all executions. */
  reportSeconds: number;
  /** The longest that a call of a function took; beyond its time limit it would be cut off. */
  callSeconds: number;
  waits: Record<QuotaName | 'concurrency', Waits>;
}

/** Of the tasks, so many may be lost by machines that gave up. */
const LOST_SHARE_MAX = 0.1;
/** What a place in a full pool takes beside the task (`adapters/aws/slots.ts`): a stand in line when it is laid out, and its turn. */
const LINE_UP_WRITES = 2;
const TURN: Units = { reads: 4, writes: 5 };
/** How long a write takes of items that are laid out side by side. */
const WRITE_MS = functionMs(FUNCTION_MEMORY_MB.seed, 1) - functionMs(FUNCTION_MEMORY_MB.seed, 0);

/** Ten tries after 1, 2, 4, 8, 16 and then 30 seconds, each shortened at random to half of it on average. */
const PATIENCE_MS = 90_500;
/** When lost tasks are looked for: the run's age then, in milliseconds. */
const LOOKS_MS = [6, 12, 24, 48, 96, 156, 216, 276, 336].map((minutes) => minutes * 60_000);

const LOOK_MS_MAX = 60 * 60_000;
const NOTHING: Units = { reads: 0, writes: 0 };

type Units = Pick<Use, 'reads' | 'writes'>;

interface CallOptions {
  /** Of other partitions than the execution's. */
  beside?: Units;
  /** When the machine gives up on it. @default it goes on */
  lost?: () => void;
}

interface Run {
  number: number;
  startedMs: number;
  left: number;
  /** Tasks that nothing but a place is missing for. */
  waiting: number;
  writes: Bucket;
  reads: Bucket;
}

interface Line {
  run: Run;
  hops: number;
  sinceMs: number;
}

export function simulate(load: Load, account: Account): Outcome {
  return new Simulation(load, account).run();
}

class Simulation {
  readonly #load: Load;
  readonly #account: Account;
  readonly #uses: Uses;
  readonly #join: Uses;
  readonly #timeline = new VirtualTime();
  readonly #places: Places;
  readonly #buckets: Record<QuotaName, Bucket>;
  readonly #stream: Stream;
  readonly #queued: Run[] = [];
  #running = 0;
  #done = 0;
  #endedMs = 0;
  #callMs = 0;

  constructor(load: Load, account: Account) {
    const { attemptMs, shape, tasksEach, joins } = load;
    this.#load = load;
    this.#account = account;
    const width = joins ? tasksEach - 1 : tasksEach;
    this.#uses = usesOf({
      attemptMs,
      parents: shape === 'chain' ? 1 : joins ? width : 0,
      lasts: shape === 'fan' && !joins ? width : 0,
    });
    this.#join = usesOf({ attemptMs, parents: 0, lasts: 0 });
    this.#places = new Places(account.concurrency, PATIENCE_MS);
    this.#buckets = Object.fromEntries(
      (Object.keys(QUOTAS) as QuotaName[]).map((name) => [name, new Bucket(account.rates[name])]),
    ) as Record<QuotaName, Bucket>;
    this.#stream = new Stream(this.#timeline, account.shards, (units) =>
      this.#buckets.tableWrites.take(this.#timeline.nowMs, units),
    );
  }

  run(): Outcome {
    const { executions, tasksEach } = this.#load;
    for (let number = 0; number < executions; number++) this.#ask(number);
    const lostMax = executions * tasksEach * LOST_SHARE_MAX;
    while (this.#places.gaveUp <= lostMax && this.#timeline.step());
    const isStuck = this.#places.gaveUp > lostMax;
    const seconds = (isStuck ? this.#timeline.nowMs : this.#endedMs) / 1000;
    const seen = Object.entries(this.#buckets).map(([name, bucket]) => [name, bucket.seen]);
    return {
      seconds,
      tasksPerSecond: this.#done / seconds,
      gaveUp: this.#places.gaveUp,
      isStuck,
      reportSeconds: this.#stream.latestMs / 1000,
      callSeconds: this.#callMs / 1000,
      waits: { ...Object.fromEntries(seen), concurrency: this.#places.seen } as Outcome['waits'],
    };
  }

  /** A client, or the state Park of the one execution that they all belong to. */
  #ask(number: number): void {
    const run: Run = {
      number,
      startedMs: 0,
      left: this.#load.tasksEach,
      waiting: 0,
      writes: new Bucket(this.#account.rates.keyWrites, this.#buckets.keyWrites.seen),
      reads: new Bucket(this.#account.rates.keyReads, this.#buckets.keyReads.seen),
    };
    const begin = () =>
      this.#call(run, this.#uses.api, () =>
        this.#take('workflowStarts', 1, () => this.#take('transitions', 3, () => this.#admit(run))),
      );
    if (this.#load.isOneTree) begin();
    else this.#take('requests', 1, begin);
  }

  #admit(run: Run): void {
    this.#call(run, this.#uses.admit, () => {
      if (this.#running >= (this.#load.workflowsAtOnce ?? Infinity)) this.#queued.push(run);
      else this.#begin(run);
    });
  }

  #begin(run: Run): void {
    this.#running++;
    this.#take('answers', 1, () => {
      run.startedMs = this.#timeline.nowMs;
      this.#stream.tell(run.number);
      this.#seed(run);
    });
  }

  /** Lays the tasks out, so many at once, and starts the first of them, all within one call. */
  #seed(run: Run): void {
    const { tasksEach, shape, joins, tasksAtOnceEach } = this.#load;
    const first = shape === 'chain' ? 1 : joins ? tasksEach - 1 : tasksEach;
    const besideEach = tasksAtOnceEach === undefined ? 0 : (first / tasksEach) * LINE_UP_WRITES;
    const layOut = (left: number, done: () => void): void => {
      const atOnce = Math.min(left, WRITES_AT_ONCE);
      const use = { ms: WRITE_MS, reads: 0, writes: atOnce };
      const beside = { reads: 0, writes: atOnce * besideEach };
      const ms = this.#work(run, use, beside);
      this.#timeline.after(ms, () => (left > atOnce ? layOut(left - atOnce, done) : done()));
    };
    this.#place(
      () => {
        const sinceMs = this.#timeline.nowMs;
        this.#timeline.after(this.#work(run, this.#uses.seed), () =>
          layOut(tasksEach, () => {
            this.#leave(sinceMs);
            const atOnce = Math.min(first, tasksAtOnceEach ?? first);
            run.waiting = first - atOnce;
            for (let task = 0; task < atOnce; task++) this.#start(run);
            this.#call(run, this.#uses.await, () => undefined);
          }),
        );
      },
      () => this.#seed(run),
    );
  }

  #start(run: Run): void {
    this.#take('taskStarts', 1, () => this.#task({ run, hops: 0, sinceMs: this.#timeline.nowMs }));
  }

  /** Route, Run, Complete; then the next task, in the same machine while it is young. */
  #task(line: Line): void {
    const uses = this.#isJoin(line.run) ? this.#join : this.#uses;
    const state = (use: Use, then: () => void) => this.#state(line, use, then);
    state(uses.route, () => {
      this.#stream.tell(line.run.number);
      state(uses.run, () =>
        state(uses.complete, () => {
          this.#stream.tell(line.run.number);
          this.#goOn(line);
        }),
      );
    });
  }

  #goOn({ run, hops, sinceMs }: Line): void {
    this.#done++;
    run.left--;
    if (run.left === 0) return this.#settle(run);
    if (run.waiting > 0) {
      run.waiting--;
      return this.#start(run);
    }
    if (this.#load.shape === 'fan' && !this.#isJoin(run)) return;
    const isYoung = hops + 1 < HOPS_MAX && this.#timeline.nowMs - sinceMs < EXPRESS_AGE_MS_MAX;
    if (isYoung) this.#task({ run, hops: hops + 1, sinceMs });
    else this.#start(run);
  }

  #settle(run: Run): void {
    this.#take('answers', 1, () =>
      this.#take('transitions', 3, () =>
        this.#call(run, this.#uses.settle, () => {
          this.#endedMs = Math.max(this.#endedMs, this.#timeline.nowMs);
          this.#running--;
          const next = this.#queued.shift();
          if (next) this.#begin(next);
        }),
      ),
    );
  }

  #isJoin({ left }: Run): boolean {
    return this.#load.joins && left === 1;
  }

  #take(name: QuotaName, amount: number, then: () => void): void {
    this.#timeline.after(this.#buckets[name].take(this.#timeline.nowMs, amount), then);
  }

  /** A state of the Express lane; what is lost in it is taken up by the next look, in a new machine. */
  #state({ run }: Line, use: Use, then: () => void): void {
    const beside = this.#load.tasksAtOnceEach !== undefined && use.writes > 1 ? TURN : undefined;
    const lost = () => {
      const ageMs = this.#timeline.nowMs - run.startedMs;
      const lookMs = LOOKS_MS.find((look) => look > ageMs) ?? ageMs + LOOK_MS_MAX;
      this.#timeline.after(lookMs - ageMs, () => this.#start(run));
    };
    this.#timeline.after(LAMBDA_STATE_MS + PLAIN_STATE_MS, () =>
      this.#call(run, use, then, { beside, lost }),
    );
  }

  /** One call of a function. */
  #call(run: Run, use: Use, then: () => void, { beside, lost = then }: CallOptions = {}): void {
    this.#place(() => {
      const sinceMs = this.#timeline.nowMs;
      this.#timeline.after(this.#work(run, use, beside), () => {
        this.#leave(sinceMs);
        then();
      });
    }, lost);
  }

  #place(begin: () => void, lost: () => void): void {
    this.#take('calls', 1, () => this.#places.ask(this.#timeline.nowMs, begin, lost));
  }

  #leave(sinceMs: number): void {
    const { nowMs } = this.#timeline;
    this.#callMs = Math.max(this.#callMs, nowMs - sinceMs);
    this.#places.leave(nowMs);
  }

  /** Milliseconds that it takes, with what it has to wait for of the table. `beside`: of other partitions. */
  #work(run: Run, use: Use, beside: Units = NOTHING): number {
    const { nowMs } = this.#timeline;
    const heldUpMs = Math.max(
      run.writes.take(nowMs, use.writes),
      run.reads.take(nowMs, use.reads),
      this.#buckets.tableWrites.take(nowMs, use.writes + beside.writes),
      this.#buckets.tableReads.take(nowMs, use.reads + beside.reads),
    );
    return use.ms + heldUpMs;
  }
}
