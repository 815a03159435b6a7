/** A workflow of 10,000 no-op tasks beside one of 1,000: overhead a task, start, memory. Run in a process of its own. */
import { runToEnd, withOrchestrator } from './temporary.ts';
import { median, readRecorded, recordedNames, round, workflowOf, type Recorded } from './workflows.ts';

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

/** The first `count` tasks of a DAG whose parents come first, cut off from the rest. */
function cut({ tasks, ...recorded }: Recorded, count: number): Recorded {
  const order: Recorded['tasks'] = [];
  const taken = new Set<string>();
  let left = tasks;
  while (order.length < count && left.length > 0) {
    const free = left.filter(({ parents }) => parents.every((parent) => taken.has(parent)));
    for (const task of free.slice(0, Math.max(1, Math.ceil(free.length / 10)))) {
      if (order.length === count) break;
      order.push(task);
      taken.add(task.id);
    }
    left = left.filter(({ id }) => !taken.has(id));
  }
  return { ...recorded, tasks: order };
}

async function measure(rounds: number): Promise<Montage | { skipped: string }> {
  if (!recordedNames().includes(LARGE))
    return { skipped: `the reference data (../shared/data/wfcommons/${LARGE}) is not there` };
  const large = readRecorded(LARGE);
  const small = cut(large, 1000);
  return withOrchestrator({}, async (orchestrator) => {
    await orchestrator.submit({ document: workflowOf(small, 'small') });
    await orchestrator.submit({ document: workflowOf(large, 'large') });
    const times: Record<'small' | 'large', number[]> = { small: [], large: [] };
    const starts: number[] = [];
    for (let at = 0; at < rounds + 1; at++) {
      for (const name of ['small', 'large'] as const) {
        const startMs = performance.now();
        const stop = orchestrator.committed.onCommitted((events) => {
          if (name === 'large' && events.some(({ event }) => event.type === 'task.started')) {
            starts.push(performance.now() - startMs);
            stop();
          }
        });
        await runToEnd(orchestrator, name);
        stop();
        // The first round warms up.
        if (at > 0)
          times[name].push((performance.now() - startMs) / (name === 'small' ? small : large).tasks.length);
      }
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
