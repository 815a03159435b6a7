/** A recorded link beside one that always works, in virtual time: is it left when it shouldn't be, and when it should? */
import { type Decision, Failover } from '../../core/failover/failover.ts';
import { LinkHealth } from '../../core/link-health/link-health.ts';
import { PROBE_INTERVAL_MS } from '../../core/link-health/probe-schedule.ts';
import { linkState } from '../../core/link-health/state.ts';
import { SeededRandom } from '../../core/simulator/seeded-random.ts';
import type { LinkTrace } from './link-trace.ts';

export interface Replay {
  decisions: Decision[];
  /** The link was left though nothing was cut. */
  falseFailovers: number;
  outages: number;
  /** Of those, never left for. */
  missed: number;
  /** The longest from an outage's beginning until the link was left, in probe intervals. */
  foundWithinIntervals: number;
}

export interface ReplayOptions {
  trace: LinkTrace;
  /** Where in the trace it begins. */
  phaseMs: number;
  lastsMs: number;
  /** What is cut out of it, beside what it lost itself; sorted. */
  outages?: readonly { startMs: number; endMs: number }[];
  /** @default its channel's */
  intervalMs?: number;
  seed?: number;
}

const STEADY = { delayMs: 100, rateBitsPerSecond: 1e6 };
const STEADY_STATE = linkState('up', { rttMs: 200, rateBitsPerSecond: 1e6 });

export function replay({
  trace,
  phaseMs,
  lastsMs,
  outages = [],
  seed = 1,
  ...options
}: ReplayOptions): Replay {
  const { intervalMs = PROBE_INTERVAL_MS[trace.channel] } = options;
  const health = new LinkHealth({ intervalMs, nominal: { rttMs: trace.rttMs } }, new SeededRandom(seed));
  const failover = new Failover({ order: [trace.channel, 'mesh'], returnAfterMs: 5000 });
  const decisions: Decision[] = [];
  const answers: { atMs: number; sequence: number }[] = [];
  const isCut = (fromMs: number, toMs: number): boolean =>
    outages.some(({ startMs, endMs }) => startMs <= toMs && fromMs < endMs);

  health.open(0);
  decisions.push(...failover.observe('mesh', { state: STEADY_STATE, ...STEADY }, 0));
  let nowMs = 0;
  while (nowMs < lastsMs) {
    // Later probes may overtake: what a link held back comes all at once.
    answers.sort((a, b) => a.atMs - b.atMs);
    while (answers.length > 0 && answers[0]!.atMs <= nowMs) health.answered(answers.shift()!.sequence, nowMs);
    if (health.probeDueMs <= nowMs) {
      const sequence = health.probe(nowMs);
      const rttMs = trace.answerMs(nowMs + phaseMs);
      if (rttMs !== undefined && !isCut(nowMs, nowMs + rttMs))
        answers.push({ atMs: nowMs + rttMs, sequence });
    }
    const view = { state: health.state(nowMs), delayMs: trace.rttMs / 2, rateBitsPerSecond: 1e6 };
    decisions.push(...failover.observe(trace.channel, view, nowMs));
    const answersMs = Math.min(Infinity, ...answers.map(({ atMs }) => atMs));
    nowMs = Math.min(health.probeDueMs, health.nextLookMs, failover.nextLookMs, answersMs);
  }
  return { decisions, ...judge(decisions, outages, intervalMs) };
}

function judge(
  decisions: readonly Decision[],
  outages: readonly { startMs: number; endMs: number }[],
  intervalMs: number,
): Omit<Replay, 'decisions'> {
  const left = decisions.filter(({ kind }) => kind === 'failover').map(({ atMs }) => atMs);
  const found = outages.map(({ startMs, endMs }) => left.find((atMs) => atMs >= startMs && atMs < endMs));
  const delays = found.map((atMs, index) =>
    atMs === undefined ? 0 : (atMs - outages[index]!.startMs) / intervalMs,
  );
  return {
    falseFailovers: left.filter((atMs) => !found.includes(atMs)).length,
    outages: outages.length,
    missed: found.filter((atMs) => atMs === undefined).length,
    foundWithinIntervals: Math.max(0, ...delays),
  };
}
