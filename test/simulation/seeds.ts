/** From a seed to its schedule: first every example without faults and with a crash before and after each of its port calls, then chance. */
import { createHash } from 'node:crypto';
import { type Example, examples, exampleSchedule, randomSchedule, type Schedule } from './workloads.ts';
import { type Report, type Sabotage, World } from './world.ts';

interface Measured {
  example: Example;
  calls: number;
  baseline: ReadonlyMap<string, string>;
}

export class Seeds {
  readonly #measured: Measured[];

  private constructor(measured: Measured[]) {
    this.#measured = measured;
  }

  /** Runs each example without faults, to count its port calls and to know how its tasks end. */
  static async measure(): Promise<Seeds> {
    const measured: Measured[] = [];
    for (const example of examples()) {
      const world = new World(exampleSchedule(0, example, []));
      const { calls } = await world.run();
      measured.push({ example, calls, baseline: world.oracles.ends() });
    }
    return new Seeds(measured);
  }

  /** Seeds from 1 to this one are crashes of examples. */
  get exhaustive(): number {
    return this.#measured.reduce((sum, { calls }) => sum + 1 + 2 * calls, 0);
  }

  schedule(seed: number): Schedule {
    let left = seed - 1;
    for (const { example, calls, baseline } of this.#measured) {
      if (left === 0) return exampleSchedule(seed, example, []);
      if (left <= 2 * calls) {
        const side = left % 2 === 1 ? 'before' : 'after';
        return exampleSchedule(seed, example, [{ call: Math.ceil(left / 2), side }], baseline);
      }
      left -= 1 + 2 * calls;
    }
    return randomSchedule(seed);
  }
}

/** Runs a schedule; one in fifty twice, to see that the same seed gives the same history. */
export async function simulate(schedule: Schedule, sabotage?: Sabotage): Promise<Report> {
  const report = await new World(schedule, sabotage).run();
  if (sabotage || schedule.seed % 50 !== 0) return report;
  const again = await new World(schedule).run();
  if (hashOf(again) !== hashOf(report))
    report.violations.push({
      rule: '6 same seed, same history',
      expected: hashOf(report),
      saw: `${hashOf(again)} the second time`,
    });
  return report;
}

export const hashOf = ({ history }: Pick<Report, 'history'>): string =>
  createHash('sha256').update(history.join('\n')).digest('hex').slice(0, 16);
