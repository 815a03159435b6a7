/** A thin link's queue in virtual time: waits beside their formula, flash beside its bound, routine beside its floor. */
import { ContactBudget } from '../../core/satellite/contact-budget.ts';
import { LinkQueue, type LinkQueueOptions } from '../../core/satellite/link-queue.ts';
import { policingOf } from '../../core/satellite/policing.ts';
import type { Precedence } from '../../core/satellite/precedence.ts';
import { exponential, SeededRandom } from '../../core/simulator/seeded-random.ts';
import type { NetworkOptions } from './network.ts';

/** A byte a millisecond. */
const RATE = 8000;
const FOREVER = { from: 'a', to: 'b', startMs: 0, endMs: 1e14, rateBitsPerSecond: RATE, delayMs: 0 };

export interface Source {
  precedence: Precedence;
  /** Of the link's rate. */
  load: number;
  originators?: number;
  /** @default all messages are of the mean size */
  isExponential?: boolean;
}

export interface QueueRun {
  options?: Partial<LinkQueueOptions>;
  sources: readonly Source[];
  messages: number;
  meanBytes: number;
  seed: number;
}

export interface Sent {
  source: number;
  asked: Precedence;
  /** After demotion. */
  got: Precedence;
  arrivedMs: number;
  startMs: number;
  sizeBytes: number;
  /** Bytes of its class that were ahead of it when it came, and the longest that a fragment may take. */
  boundMs: number;
}

interface Message extends Omit<Sent, 'got' | 'startMs'> {
  id: string;
}

/** Poisson arrivals of each source, by time. */
function* arrivalsOf({ sources, messages, meanBytes, seed }: QueueRun): Generator<Message> {
  const random = new SeededRandom(seed);
  const next = sources.map(({ load }) => exponential(random, load / meanBytes));
  for (let number = 0; number < messages; number++) {
    const source = next.indexOf(Math.min(...next));
    const { load, isExponential, precedence } = sources[source]!;
    const sizeBytes = isExponential ? Math.max(1, Math.round(exponential(random, 1 / meanBytes))) : meanBytes;
    yield { id: `${number}`, source, asked: precedence, arrivedMs: next[source]!, sizeBytes, boundMs: 0 };
    next[source]! += exponential(random, load / meanBytes);
  }
}

/** Serves them one fragment after the other; `sent` sees each message when its first fragment leaves, `air` each fragment. */
export function runQueue(
  run: QueueRun,
  see: { sent?: (sent: Sent) => void; air?: (precedence: Precedence, bytes: number) => void },
): LinkQueue {
  const options = { rateBitsPerSecond: RATE, policing: {}, floors: {}, ...run.options };
  const queue = new LinkQueue({ bundlesMax: 1e9, ...options });
  const budget = new ContactBudget(FOREVER);
  const waiting = new Map<string, Message & { got: Precedence }>();
  const fragmentMs = options.fragmentBytesMax ?? 65_536;
  let freeMs = 0;
  const serveUntil = (untilMs: number) => {
    while (freeMs < untilMs) {
      const fragment = queue.next(freeMs, budget);
      if (!fragment) {
        freeMs = untilMs;
        return;
      }
      see.air?.(fragment.precedence, fragment.sizeBytes);
      const message = fragment.offsetBytes === 0 ? waiting.get(fragment.bundle.id) : undefined;
      if (message) {
        waiting.delete(message.id);
        see.sent?.({ ...message, startMs: fragment.startMs });
      }
      queue.sent(fragment);
      freeMs = fragment.endMs;
    }
  };
  for (const message of arrivalsOf(run)) {
    serveUntil(message.arrivedMs);
    // The link isn't free before the fragment on it ends.
    const boundMs = queue.depth(message.asked).bytes + fragmentMs;
    const originator = `${message.source}/${Number(message.id) % (run.sources[message.source]!.originators ?? 1)}`;
    const bundle = { id: message.id, precedence: message.asked, originator, sizeBytes: message.sizeBytes };
    const got = queue.enqueue(bundle, message.arrivedMs);
    waiting.set(message.id, { ...message, boundMs, got });
    freeMs = Math.max(freeMs, message.arrivedMs);
  }
  return queue;
}

/** Of classes in strict order, non-preemptive: W_k = W0 / ((1 - σ_{k-1})(1 - σ_k)), W0 = Σ λ E[S²] / 2 (Cobham, 1954). */
export function expectedWaits(loads: readonly number[], squaredServices: number): number[] {
  const residual = (loads.reduce((sum, load) => sum + load, 0) * squaredServices) / 2;
  let above = 0;
  return loads.map((load) => {
    const wait = residual / ((1 - above) * (1 - above - load));
    above += load;
    return wait;
  });
}

const CLASSES: Precedence[] = ['flash-override', 'flash', 'immediate', 'priority'];
const LOADS = [0.02, 0.08, 0.2, 0.3];

export interface WaitRow {
  precedence: Precedence;
  load: number;
  /** In service times. */
  wait: number;
  formula: number;
  /** |wait − formula| / formula. */
  error: number;
}

export function measureWaits(messages: number, services: 'unit' | 'exponential', seed: number): WaitRow[] {
  const meanBytes = 1000;
  const sums = CLASSES.map(() => ({ waitMs: 0, count: 0 }));
  const sources = CLASSES.map((precedence, at) => ({
    precedence,
    load: LOADS[at]!,
    isExponential: services === 'exponential',
  }));
  const options = { fragmentBytesMax: 1e6 };
  runQueue(
    { options, sources, messages, meanBytes, seed },
    {
      sent({ source, startMs, arrivedMs }) {
        sums[source]!.waitMs += startMs - arrivedMs;
        sums[source]!.count++;
      },
    },
  );
  const formulas = expectedWaits(LOADS, services === 'unit' ? 1 : 2);
  return sums.map(({ waitMs, count }, at) => {
    const [wait, formula] = [waitMs / count / meanBytes, formulas[at]!];
    const error = Math.abs(wait - formula) / formula;
    return { precedence: CLASSES[at]!, load: LOADS[at]!, wait, formula, error };
  });
}

const FRAGMENT_BYTES = 1000;
const OVERLOAD: Source[] = [
  { precedence: 'flash', load: 0.2, isExponential: true },
  { precedence: 'immediate', load: 0.4, isExponential: true },
  { precedence: 'priority', load: 0.8, isExponential: true },
  { precedence: 'routine', load: 0.8, isExponential: true },
  { precedence: 'deferred', load: 0.8, isExponential: true },
];

export interface FlashBound {
  flash: number;
  /** That waited longer than a fragment and the flash ahead of them. */
  beyond: number;
  /** The closest to the bound: wait / bound. */
  worst: number;
}

/** At 300 % load, bundles of several fragments. */
export function measureFlash(messages: number, seed: number): FlashBound {
  const bound = { flash: 0, beyond: 0, worst: 0 };
  const options = { fragmentBytesMax: FRAGMENT_BYTES, floors: { routine: 0.1 } };
  runQueue(
    { options, sources: OVERLOAD, messages, meanBytes: 3000, seed },
    {
      sent({ asked, startMs, arrivedMs, boundMs }) {
        if (asked !== 'flash') return;
        const waitMs = startMs - arrivedMs;
        bound.flash++;
        if (waitMs > boundMs + 1e-3) bound.beyond++;
        bound.worst = Math.max(bound.worst, waitMs / boundMs);
      },
    },
  );
  return bound;
}

export interface FloorRow {
  /** What floods the link, together with routine at 300 % of it. */
  flood: string;
  floor: number;
  /** Of all bytes sent while routine was waiting. */
  share: number;
  /** The least over any `WINDOW_FRAGMENTS` in a row. */
  worstWindow: number;
}

const FLOOR = 0.1;
/** After so many, what a floor was behind for the sake of flash (64 fragments) is made up for. */
const WINDOW_FRAGMENTS = 12_000;

export function measureFloor(messages: number, seed: number): FloorRow[] {
  const floods: [string, Source[], Partial<LinkQueueOptions>][] = [
    ['all classes', OVERLOAD, {}],
    ...(['flash-override', 'flash', 'immediate', 'priority', 'deferred'] as const).map(
      (precedence): [string, Source[], Partial<LinkQueueOptions>] => [
        `${precedence}, not policed`,
        [
          { precedence, load: 2.5 },
          { precedence: 'routine', load: 0.5 },
        ],
        { weights: { priority: 100, deferred: 100 } },
      ],
    ),
    [
      'flash of 3 originators, policed',
      [
        { precedence: 'flash', load: 2.5, originators: 3 },
        { precedence: 'routine', load: 0.5 },
      ],
      { policing: policingOf(RATE) },
    ],
  ];
  return floods.map(([flood, sources, options]) => {
    const row = { flood, floor: FLOOR, share: 0, worstWindow: 1 };
    const windows: number[] = [];
    let [all, routine, fragments, windowAll, windowRoutine] = [0, 0, 0, 0, 0];
    const queue = runQueue(
      {
        options: { fragmentBytesMax: FRAGMENT_BYTES, floors: { routine: FLOOR }, ...options },
        sources,
        messages,
        meanBytes: 3000,
        seed,
      },
      {
        air(precedence, bytes) {
          all += bytes;
          windowAll += bytes;
          if (precedence === 'routine') {
            routine += bytes;
            windowRoutine += bytes;
          }
          if (++fragments % WINDOW_FRAGMENTS > 0) return;
          windows.push(windowRoutine / windowAll);
          windowAll = windowRoutine = 0;
        },
      },
    );
    if (queue.depth('routine').bundles === 0) throw new Error(`${flood}: routine wasn't waiting all along`);
    row.share = routine / all;
    row.worstWindow = Math.min(row.share, ...windows);
    return row;
  });
}

/** Enqueued, sent and acknowledged a second, with so many waiting. */
function measureSpeed(waiting: number, messages: number): number {
  const queue = new LinkQueue({ rateBitsPerSecond: RATE, policing: {}, bundlesMax: 1e9 });
  const budget = new ContactBudget(FOREVER);
  const random = new SeededRandom(1);
  const enqueue = (number: number) => {
    const deadlineMs = 1e13 * (1 + random.next());
    queue.enqueue({ id: `${number}`, precedence: 'flash', originator: 'a', sizeBytes: 100, deadlineMs }, 0);
  };
  for (let number = 0; number < waiting; number++) enqueue(number);
  const startMs = performance.now();
  for (let number = 0; number < messages; number++) {
    enqueue(waiting + number);
    queue.sent(queue.next(0, budget)!);
  }
  return Math.round(messages / ((performance.now() - startMs) / 1000));
}

export interface QueuesResult {
  targets: { waitError: number; flashBeyondBound: number; routineShare: number };
  waits: WaitRow[];
  /** Services of any length: the formula holds with E[S²] = 2. */
  exponentialWaits: WaitRow[];
  flash: FlashBound;
  floors: FloorRow[];
  bundlesPerSecond: { waiting: number; bundlesPerSecond: number }[];
  isReached: boolean;
}

export async function benchQueues({ quick, say }: NetworkOptions): Promise<QueuesResult> {
  const million = quick ? 100_000 : 1_000_000;
  const targets = { waitError: 0.05, flashBeyondBound: 0, routineShare: FLOOR };
  const waits = measureWaits(million, 'unit', 1);
  const exponentialWaits = measureWaits(million, 'exponential', 2);
  for (const { precedence, wait, formula } of waits)
    say(`queues ${precedence}: waits ${wait.toFixed(3)} services, formula ${formula.toFixed(3)}`);
  const flash = measureFlash(million / 4, 3);
  say(
    `queues flash at 300 % load: ${flash.beyond} of ${flash.flash} beyond one fragment and their own backlog`,
  );
  const floors = measureFloor(Math.max(20_000, million / 10), 4);
  for (const { flood, share, worstWindow } of floors)
    say(
      `queues routine beside ${flood}: ${(share * 100).toFixed(2)} %, worst ${(worstWindow * 100).toFixed(2)} %`,
    );
  const bundlesPerSecond = [100, 10_000, 100_000].map((waiting) => {
    const rounds = [1, 2, 3].map(() => measureSpeed(waiting, quick ? 5000 : 100_000));
    return { waiting, bundlesPerSecond: rounds.sort((a, b) => a - b)[1]! };
  });
  for (const { waiting, bundlesPerSecond: each } of bundlesPerSecond)
    say(`queues ${each} bundles/s with ${waiting} waiting`);
  const isReached =
    waits.every(({ error }) => error <= targets.waitError) &&
    flash.beyond === 0 &&
    floors.every(({ share }) => share >= FLOOR);
  return { targets, waits, exponentialWaits, flash, floors, bundlesPerSecond, isReached };
}
