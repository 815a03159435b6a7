/** `npm run simulate -- [--seeds N] [--first-seed S] [--json] [--mutants | --mutant NAME] [--workers N]`. */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { FAULT_KINDS, type FaultCounts, noFaultCounts } from './faults.ts';
import { MUTANTS } from './mutants.ts';
import type { Violation } from './seen.ts';
import { Seeds, simulate } from './seeds.ts';

interface Failure {
  seed: number;
  title: string;
  violations: Violation[];
  tail: string[];
}

interface Batch {
  schedules: number;
  steps: number;
  faults: FaultCounts;
  failures: Failure[];
}

const SEEDS_PER_MUTANT = 1500;
const TAIL_LINES = 40;
const FAILURES_MAX = 5;

async function runBatch(seeds: Seeds, list: Iterable<number>, mutant?: string): Promise<Batch> {
  const batch: Batch = { schedules: 0, steps: 0, faults: noFaultCounts(), failures: [] };
  for (const seed of list) {
    const schedule = seeds.schedule(seed);
    const { violations, steps, faults, history } = await simulate(
      schedule,
      mutant === undefined ? undefined : MUTANTS[mutant],
    );
    batch.schedules++;
    batch.steps += steps;
    for (const kind of FAULT_KINDS) batch.faults[kind] += faults[kind];
    if (violations.length > 0)
      batch.failures.push({ seed, title: schedule.title, violations, tail: history.slice(-TAIL_LINES) });
    if (batch.failures.length >= FAILURES_MAX) break;
  }
  return batch;
}

function* every(first: number, count: number, step: number): Iterable<number> {
  for (let seed = first; seed < first + count; seed += step) yield seed;
}

async function spread(first: number, count: number, workers: number): Promise<Batch[]> {
  if (workers <= 1) return [await runBatch(await Seeds.measure(), every(first, count, 1))];
  const run = (at: number) =>
    new Promise<Batch>((resolve, reject) => {
      const worker = new Worker(new URL(import.meta.url), {
        workerData: { first: first + at, count: count - at, step: workers },
      });
      worker.once('message', resolve);
      worker.once('error', reject);
    });
  return Promise.all(Array.from({ length: workers }, (_, at) => run(at)));
}

async function killMutants(json: boolean): Promise<boolean> {
  const seeds = await Seeds.measure();
  const killers: Record<string, number | null> = {};
  for (const name of Object.keys(MUTANTS)) {
    killers[name] = null;
    for (const seed of every(seeds.exhaustive + 1, SEEDS_PER_MUTANT, 1)) {
      const { failures } = await runBatch(seeds, [seed], name);
      if (failures.length === 0) continue;
      killers[name] = seed;
      const { rule, expected, saw } = failures[0]!.violations[0]!;
      if (!json)
        console.log(
          `killed by seed ${seed}: ${name}\n    ${rule}: expected ${expected}; saw ${saw.slice(0, 160)}`,
        );
      break;
    }
    if (killers[name] === null && !json) console.log(`SURVIVED ${SEEDS_PER_MUTANT} seeds: ${name}`);
  }
  const total = Object.keys(MUTANTS).length;
  const killed = Object.values(killers).filter((seed) => seed !== null).length;
  console.log(json ? JSON.stringify({ killed, total, killers }) : `${killed}/${total} mutants killed`);
  return killed === total;
}

function tell({ seed, title, violations, tail }: Failure, mutant: string | undefined): void {
  console.error(`\nseed ${seed} (${title})\n  ${tail.join('\n  ')}`);
  for (const { rule, expected, saw } of violations.slice(0, 5))
    console.error(`  violates ${rule}\n    expected ${expected}\n    saw ${saw}`);
  const also = mutant === undefined ? '' : ` --mutant '${mutant}'`;
  console.error(`  replay: npm run simulate -- --seeds 1 --first-seed ${seed}${also}`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '1000' },
      'first-seed': { type: 'string', default: '1' },
      workers: { type: 'string', default: String(Math.min(4, availableParallelism())) },
      json: { type: 'boolean', default: false },
      mutants: { type: 'boolean', default: false },
      mutant: { type: 'string' },
    },
  });
  const { json, mutant } = values;
  if (values.mutants) return void (process.exitCode = (await killMutants(json)) ? 0 : 1);
  const [count, first, workers] = [values.seeds, values['first-seed'], values.workers].map(Number) as [
    number,
    number,
    number,
  ];
  if (![count, first, workers].every((number) => Number.isInteger(number) && number > 0))
    throw new Error(
      `--seeds, --first-seed and --workers take whole numbers above 0, not ${values.seeds}, ${values['first-seed']}, ${values.workers}`,
    );
  if (mutant !== undefined && !(mutant in MUTANTS))
    throw new Error(`there is no mutant "${mutant}"; there are: ${Object.keys(MUTANTS).join('; ')}`);
  const batches =
    mutant === undefined
      ? await spread(first, count, Math.min(workers, Math.ceil(count / 20)))
      : [await runBatch(await Seeds.measure(), every(first, count, 1), mutant)];
  const failures = batches.flatMap((batch) => batch.failures).sort((a, b) => a.seed - b.seed);
  const faults = noFaultCounts();
  for (const batch of batches) for (const kind of FAULT_KINDS) faults[kind] += batch.faults[kind];
  const sum = (pick: (batch: Batch) => number) => batches.reduce((total, batch) => total + pick(batch), 0);
  const result = {
    schedules: sum((batch) => batch.schedules),
    violations: failures.length,
    steps: sum((batch) => batch.steps),
    faults,
  };
  for (const failure of failures.slice(0, FAILURES_MAX)) tell(failure, mutant);
  console.log(json ? JSON.stringify(result) : result);
  process.exitCode = failures.length === 0 ? 0 : 1;
}

if (isMainThread) await main();
else {
  const { first, count, step } = workerData as { first: number; count: number; step: number };
  parentPort!.postMessage(await runBatch(await Seeds.measure(), every(first, count, step)));
}
