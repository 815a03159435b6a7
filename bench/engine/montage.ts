/** A workflow of 10,000 no-op tasks beside those of about 1,000: overhead a task, start, memory. Run in a process of its own. */
import type { Orchestrator } from '../../embedded/orchestrator.ts';
import { median, round } from '../statistics.ts';
import { runToEnd, withOrchestrator } from './temporary.ts';
import { readRecorded, recordedNames, workflowOf } from './workflows.ts';

export interface Montage {
  /** Milliseconds a task, median of the rounds. */
  perTaskMs: { small: number; large: number };
  /** large ÷ small. */
  ratio: number;
  /** From the request until the first task runs, at worst. */
  startMs: number;
}

export interface MontageMemory {
  /** Of a process that submits the large workflow and runs it once. */
  peakMemoryMb: number;
}

const LARGE = 'generated-montage-10000.json';
/** Every recorded workflow of about 1,000 tasks. */
const SMALL_TASKS = { min: 900, max: 1200 };

async function timeToFirstTask(orchestrator: Orchestrator, workflow: string): Promise<number> {
  const startMs = performance.now();
  const { execution } = await orchestrator.start({ workflow });
  for await (const { type } of orchestrator.events(execution.id)) if (type === 'task.started') break;
  const elapsedMs = performance.now() - startMs;
  await orchestrator.result(execution.id);
  return elapsedMs;
}

async function measure(rounds: number): Promise<Montage | { skipped: string }> {
  if (!recordedNames().includes(LARGE))
    return { skipped: `the reference data (../shared/data/wfcommons/${LARGE}) is not there` };
  const large = readRecorded(LARGE);
  const small = recordedNames()
    .map(readRecorded)
    .filter(({ tasks }) => tasks.length >= SMALL_TASKS.min && tasks.length <= SMALL_TASKS.max);
  return withOrchestrator({}, async (orchestrator) => {
    const names = small.map((_, index) => `small-${index}`);
    for (const [index, recorded] of small.entries())
      await orchestrator.submit({ document: workflowOf(recorded, names[index]!) });
    await orchestrator.submit({ document: workflowOf(large, 'large') });
    const perTask = async (workflow: string, taskCount: number) => {
      const startMs = performance.now();
      await runToEnd(orchestrator, workflow);
      return (performance.now() - startMs) / taskCount;
    };
    const times: Record<'small' | 'large', number[]> = { small: [], large: [] };
    const starts: number[] = [];
    for (let at = 0; at < rounds + 1; at++) {
      starts.push(await timeToFirstTask(orchestrator, 'large'));
      const perSmall: number[] = [];
      for (let again = 0; again < 2; again++)
        for (const [index, name] of names.entries())
          perSmall.push(await perTask(name, small[index]!.tasks.length));
      const perLarge = await perTask('large', large.tasks.length);
      // The first round warms up.
      if (at === 0) continue;
      times.small.push(...perSmall);
      times.large.push(perLarge);
    }
    const perTaskMs = { small: round(median(times.small), 4), large: round(median(times.large), 4) };
    return {
      perTaskMs,
      ratio: round(perTaskMs.large / perTaskMs.small),
      startMs: round(Math.max(...starts), 1),
    };
  });
}

async function measureMemory(): Promise<MontageMemory | { skipped: string }> {
  if (!recordedNames().includes(LARGE)) return { skipped: `../shared/data/wfcommons/${LARGE} is not there` };
  await withOrchestrator({}, async (orchestrator) => {
    await orchestrator.submit({ document: workflowOf(readRecorded(LARGE), 'large') });
    await runToEnd(orchestrator, 'large');
  });
  return { peakMemoryMb: round(process.resourceUsage().maxRSS / 1024, 1) };
}

const [rounds] = process.argv.slice(2);
console.log(JSON.stringify(await (rounds === 'memory' ? measureMemory() : measure(Number(rounds ?? 5)))));
