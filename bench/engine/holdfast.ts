/**
 * Holdfast under the peers' own harness: a child process that sets itself up once and measures the scenario named on each line of
 * standard input. Durable as its users run it: SQLite, WAL, synchronous=FULL.
 */
import { createInterface } from 'node:readline';
import { VERSION } from '../../embedded/version.ts';
import { runToEnd, withOrchestrator } from './temporary.ts';
import { chain, fan } from './workflows.ts';

interface Session {
  stepsRun(): number;
  chain(steps: number): Promise<void>;
  fan(tasks: number): Promise<void>;
  chainUnderLoad(steps: number): Promise<void>;
}
interface Harness {
  warmUp(session: Session, scenario: string): Promise<void>;
  measure(session: Session, scenario: string, rounds?: number): Promise<{ perSecond: number }>;
}

const harness = (await import(new URL('../peers/lib/scenarios.mjs', import.meta.url).href)) as Harness;
const rounds = process.argv[2] === undefined ? undefined : Number(process.argv[2]);

let stepsRun = 0;
const pass = () => {
  stepsRun += 1;
};

await withOrchestrator({ tasks: { pass } }, async (orchestrator) => {
  const run = async (kind: string, document: ReturnType<typeof chain>) => {
    if (!(await orchestrator.workflows.getVersion(kind))) await orchestrator.submit({ document });
    await runToEnd(orchestrator, kind);
  };
  const session: Session = {
    stepsRun: () => stepsRun,
    chain: (steps) => run(`chain-${steps}`, chain(steps, `chain-${steps}`)),
    fan: (tasks) => run(`fan-${tasks}`, fan(tasks, `fan-${tasks}`)),
    chainUnderLoad: (steps) => run(`chain-${steps}`, chain(steps, `chain-${steps}`)),
  };
  const warm = new Set<string>();
  for await (const line of createInterface({ input: process.stdin })) {
    const scenario = line.trim();
    if (scenario === '') continue;
    if (!warm.has(scenario)) await harness.warmUp(session, scenario);
    warm.add(scenario);
    const result = await harness.measure(session, scenario, rounds);
    console.log(
      JSON.stringify({
        peer: 'holdfast',
        version: VERSION,
        scenario,
        ...result,
        durability: 'SQLite WAL, synchronous=FULL',
      }),
    );
  }
});
