import type { Execution, Task } from '../execution/execution.ts';
import { isEngineType } from '../workflow/definition.ts';
import { compileProgram, type Program } from '../execution/program.ts';
import { HOPS_MAX } from '../execution/steps.ts';
import type { Book } from './book.ts';
import {
  ENVIRONMENTS_MAX,
  EXPRESS_MEMORY_GB,
  EXPRESS_STEP_MS,
  type FunctionName,
  LAMBDA_STATE_MS,
  PLAIN_STATE_MS,
} from './footprint.ts';
import type { History } from './history.ts';
import { createPortCalls, type PortCalls } from './port-calls.ts';
import { type Line, Progress, type Track } from './progress.ts';
import { type Reads, ReadsOf } from './reads.ts';
import type { CostSettings } from './settings.ts';
import { definitionBytes } from './sizes.ts';

/** Above this many at once, tasks ask for their places before a machine starts for them. */
const WIDE = 500;

/** What the parts of a walk share: the book, where the tasks stand, and the machines of the Express lane that are under way. */
export class Lane {
  readonly history: History;
  readonly settings: CostSettings;
  readonly book: Book;
  readonly calls: PortCalls;
  readonly program: Program;
  readonly progress: Progress;
  readonly reads: ReadsOf;
  readonly definitionSizeBytes: number;
  /** Names of the signals that have come. */
  readonly signals = new Set<string>();
  run = 1;
  /** From the execution's start, as AWS would take it. */
  nowMs = 0;
  readonly #byId: ReadonlyMap<string, Task>;
  readonly #lines: Line[] = [];
  readonly #known = new Set<string>();

  constructor(history: History, settings: CostSettings, book: Book) {
    this.history = history;
    this.settings = settings;
    this.book = book;
    this.calls = createPortCalls(book);
    this.program = compileProgram(history.definition);
    this.#byId = new Map(history.tasks.map((task) => [task.taskId, task]));
    const { graph } = this.program;
    this.progress = new Progress(graph, history.definition, history.execution.priority, this.#byId);
    this.reads = new ReadsOf(history, this.program, this.#byId);
    this.definitionSizeBytes = definitionBytes(history.definition);
  }

  get execution(): Execution {
    return this.history.execution;
  }

  get contents(): readonly Task[] {
    return this.history.tasks;
  }

  record(taskId: string): Task | undefined {
    return this.#byId.get(taskId);
  }

  pass(ms: number): void {
    this.nowMs += ms;
  }

  /** An execution and its definition, read where they aren't known yet, and what else an environment has to know. */
  plan(by: FunctionName, line?: Line): void {
    const { plansKeptBy, isDefinitionKnown } = this.settings;
    const isProcess = plansKeptBy === 'process';
    const reader = isProcess ? '' : `${by}/${(line?.id ?? 0) % ENVIRONMENTS_MAX}/`;
    if (this.#learn(`${reader}run/${this.run}`)) this.calls.getExecution(this.execution);
    if (!isDefinitionKnown && this.#learn(`${reader}definition`))
      this.calls.getDefinition(this.definitionSizeBytes);
    if (!isProcess && this.#learn(`${reader}host`)) this.calls.learnHost();
  }

  read({ tasks, payloads, everyTask }: Reads): void {
    for (const task of tasks) this.calls.task(this.execution, task);
    for (let at = 0; at < payloads; at++) this.calls.getPayload();
    for (let at = 0; at < everyTask; at++) this.calls.tasks(this.execution, this.contents, this.contents);
  }

  /** Starts a machine of the Express lane for each. */
  lineUp(tracks: readonly Track[]): void {
    if (tracks.length > WIDE) this.calls.acquire(tracks.filter((track) => this.#surelyRuns(track)).length);
    for (const track of tracks) this.start(track);
  }

  start(track: Track): Line {
    const line: Line = { id: this.#lines.length, hops: 0, ms: PLAIN_STATE_MS };
    this.#lines.push(line);
    this.book.machine('task');
    // Where it ends: Done.
    this.book.states('task', 1);
    track.line = line;
    return line;
  }

  /** Goes on with one of the children in the same machine, and starts others for the rest. */
  goOn({ line }: Track, ready: readonly Track[]): void {
    const goesOn = line !== undefined && line.hops < HOPS_MAX && line.ms < this.settings.machineAgeMsMax;
    if (goesOn && ready[0]) {
      line.hops++;
      ready[0].line = line;
    }
    this.lineUp(goesOn ? ready.slice(1) : ready);
  }

  /** A call of a function by a state, with the Choice after it. */
  state(track: Track, name: FunctionName, work: () => void, ownMs = 0): void {
    const line = track.line ?? this.start(track);
    this.book.states('task', 2);
    const ms = this.book.invoke(name, work, ownMs) + LAMBDA_STATE_MS + PLAIN_STATE_MS;
    this.elapse(track, line, ms);
  }

  elapse(track: Track, line: Line | undefined, ms: number): void {
    track.atMs += ms;
    if (line) line.ms += ms;
    this.nowMs = Math.max(this.nowMs, track.atMs);
  }

  /** What the machines of the Express lane took, at last. */
  close(): void {
    for (const { ms } of this.#lines) {
      const billedMs = Math.ceil(ms / EXPRESS_STEP_MS) * EXPRESS_STEP_MS;
      this.book.add('expressGbSeconds', (billedMs / 1000) * EXPRESS_MEMORY_GB);
    }
  }

  #learn(what: string): boolean {
    if (this.#known.has(what)) return false;
    this.#known.add(what);
    return true;
  }

  #surelyRuns({ seed, unmet, triggered }: Track): boolean {
    const { condition, triggeredBy, type } = this.program.graph.tasks[seed.index]!;
    if (isEngineType(type) || condition !== undefined) return false;
    return unmet === 0 && (triggeredBy.length === 0 || triggered > 0);
  }
}
