/** Failover in virtual time: over random outages, and over recorded links. Nothing here depends on the machine. */
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { PROBE_INTERVAL_MS } from '../../core/link-health/probe-schedule.ts';
import { type LinkTrace, readLinkTraces } from './link-trace.ts';
import type { NetworkOptions } from './network.ts';
import { LIVES_MS, OUTAGES_LAST_MS, type OutageRun } from './outages.ts';
import { replay } from './replay.ts';

interface Target {
  measured: number;
  target: number;
}

export interface FailoverBench {
  meetsTargets: boolean;
  outages: {
    schedules: number;
    /** Schedules of two hours among them, in which damping sets in. */
    longSchedules: number;
    flash: number;
    acknowledged: number;
    /** They expired while no channel lived long enough to carry them. */
    expiredWithoutChannel: number;
    lost: Target;
    switches: number;
    /** Schedules with more switches than damping allows. */
    beyondDamping: Target;
    /** Of all schedules, the most switches as a share of what damping allows. */
    switchesOfBoundMax: number;
    outages: number;
    foundWithinIntervals: Target;
  };
  replays: ReplayBench[] | { skipped: string };
}

interface ReplayBench {
  trace: string;
  probeIntervalMs: number;
  /** The longest time in which the recorded link let nothing through. */
  silenceMs: number;
  hours: number;
  falseFailovers: Target;
  outagesInjected: number;
  outagesMissed: Target;
  foundWithinIntervals: Target;
}

const LINKS = resolve(import.meta.dirname, '../../../shared/data/links');
const LONG_EVERY = 1000;
const TAKEN_AT_ONCE = 100;
const LONG_MS = 2 * 60 * 60_000;
const REPLAY_MS = 1_800_000;
/** Seldom enough that damping doesn't take the link away. */
const OUTAGE_EVERY_MS = 600_000;
const OUTAGE_MS = 45_000;

export async function benchFailover({ quick, say }: NetworkOptions): Promise<FailoverBench> {
  const outages = await benchOutages(quick ? 1000 : 100_000, say);
  const replays = benchReplays(quick ? 5 : 100, say);
  const targets = [outages, ...(Array.isArray(replays) ? replays : [])].flatMap((part) =>
    Object.values(part).filter((value): value is Target => typeof value === 'object'),
  );
  const meetsTargets = targets.every(({ measured, target }) => measured <= target);
  return { meetsTargets, outages, replays };
}

async function benchOutages(
  schedules: number,
  say: (line: string) => void,
): Promise<FailoverBench['outages']> {
  const runs = await runAll(schedules, say);
  const total = (name: keyof OutageRun): number => runs.reduce((sum, run) => sum + run[name], 0);
  const result: FailoverBench['outages'] = {
    schedules,
    longSchedules: Math.floor(schedules / LONG_EVERY),
    flash: total('flash'),
    acknowledged: total('acknowledged'),
    expiredWithoutChannel: total('expiredWithoutChannel'),
    lost: { measured: total('lost'), target: 0 },
    switches: total('switches'),
    beyondDamping: {
      measured: runs.filter((run) => run.switches > run.switchesMax).length,
      target: 0,
    },
    switchesOfBoundMax: most(runs.map((run) => run.switches / run.switchesMax)),
    outages: total('outages'),
    foundWithinIntervals: { measured: most(runs.map((run) => run.foundWithinIntervals)), target: 3 },
  };
  const { flash, lost, switches } = result;
  say(
    `failover: of ${flash} FLASH bundles ${lost.measured} lost while a channel lived for ${LIVES_MS / 1000} s`,
  );
  say(
    `failover: ${switches} switches, at most ${Math.round(result.switchesOfBoundMax * 100)} % of what damping allows`,
  );
  return result;
}

/** On every processor; which one takes which changes nothing. */
async function runAll(schedules: number, say: (line: string) => void): Promise<OutageRun[]> {
  const runs: OutageRun[] = [];
  let next = 0;
  async function work(): Promise<void> {
    const worker = new Worker(new URL('./outage-worker.ts', import.meta.url));
    while (next < schedules) {
      const seeds = Array.from({ length: Math.min(TAKEN_AT_ONCE, schedules - next) }, () => next++);
      const isLong = (seed: number) => seed % LONG_EVERY === LONG_EVERY - 1;
      worker.postMessage(seeds.map((seed) => ({ seed, lastsMs: isLong(seed) ? LONG_MS : OUTAGES_LAST_MS })));
      const [done] = (await once(worker, 'message')) as [OutageRun[]];
      runs.push(...done);
      if (runs.length % 10_000 === 0) say(`failover: ${runs.length} of ${schedules} schedules`);
    }
    await worker.terminate();
  }
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return runs;
}

function benchReplays(phases: number, say: (line: string) => void): FailoverBench['replays'] {
  const traces = readLinkTraces(LINKS);
  if (traces.length === 0) return { skipped: 'There are no recorded links in ../shared/data/links.' };
  return traces.map((trace) => {
    const result = benchReplay(trace, phases);
    const { falseFailovers, foundWithinIntervals } = result;
    say(
      `failover: ${trace.name}: ${falseFailovers.measured} false failovers in ${result.hours.toFixed(1)} h, ` +
        `outages found within ${foundWithinIntervals.measured.toFixed(2)} intervals`,
    );
    return result;
  });
}

/** From many places in the trace, once as it is and once with outages cut into it. */
function benchReplay(trace: LinkTrace, phases: number): ReplayBench {
  const lastsMs = Math.max(REPLAY_MS, trace.cycleMs);
  const starts = Array.from({ length: phases }, (_, phase) => ({
    trace,
    phaseMs: (trace.cycleMs * phase) / phases,
    lastsMs,
    seed: phase,
  }));
  const calm = starts.map((start) => replay(start));
  const cut = starts.map((start) => {
    const outages = [];
    // Never twice at the same time since a probe.
    for (let startMs = 60_000 + start.seed * 977; startMs < lastsMs - OUTAGE_MS; startMs += OUTAGE_EVERY_MS)
      outages.push({ startMs, endMs: startMs + OUTAGE_MS });
    return replay({ ...start, outages });
  });
  const total = (name: 'falseFailovers' | 'outages' | 'missed'): number =>
    [...calm, ...cut].reduce((sum, run) => sum + run[name], 0);
  return {
    trace: trace.name,
    probeIntervalMs: PROBE_INTERVAL_MS[trace.channel],
    silenceMs: trace.silenceMs,
    hours: (2 * phases * lastsMs) / 3_600_000,
    falseFailovers: { measured: total('falseFailovers'), target: 0 },
    outagesInjected: total('outages'),
    outagesMissed: { measured: total('missed'), target: 0 },
    foundWithinIntervals: { measured: most(cut.map((run) => run.foundWithinIntervals)), target: 3 },
  };
}

const most = (numbers: readonly number[]): number => numbers.reduce((a, b) => Math.max(a, b), 0);
