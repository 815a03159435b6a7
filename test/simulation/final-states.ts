/** What must hold once all is quiet and every execution has ended. */
import type { EmbeddedStore } from '../../adapters/embedded/store.ts';
import type { Slots } from '../../core/ports/slots.ts';
import { mayRun, Model } from './model.ts';
import type { Oracles } from './oracles.ts';
import { looksOf, type Seen, signature } from './seen.ts';
import type { Schedule } from './workloads.ts';

export class FinalStates {
  readonly #oracles: Oracles;
  readonly #schedule: Schedule;

  constructor(oracles: Oracles, schedule: Schedule) {
    this.#oracles = oracles;
    this.#schedule = schedule;
  }

  /** When all is quiet and every execution has ended. */
  async check({ reader }: EmbeddedStore, slots: Slots): Promise<void> {
    const { events } = await reader.feed(0, Number.MAX_SAFE_INTEGER);
    const kept = events.map(signature);
    const lost = this.#oracles.log.find((line, at) => kept[at] !== line);
    this.#oracles.check(
      kept.length === this.#oracles.log.length && lost === undefined,
      '3 durable log',
      `${this.#oracles.log.length} events as committed`,
      () => `${kept.length}; first difference at ${lost}`,
    );
    for (const seen of this.#oracles.seen.values()) {
      const execution = await reader.get(seen.id);
      this.#oracles.check(
        execution?.status === seen.status,
        'log',
        `${seen.id} ${seen.status} as its events say`,
        () => `${execution?.status}`,
      );
      const tasks = await reader.tasks(seen.id, { limit: 100_000 });
      for (const { taskId, status, output } of tasks) {
        const task = seen.tasks.get(taskId)!;
        if (task.definition.type === 'condition')
          task.answer = (output as { result?: boolean } | undefined)?.result;
        const derived = task.end ?? 'CANCELLED';
        this.#oracles.check(
          status === derived || (task.unsure === true && status === 'CANCELLED'),
          'log',
          `${seen.id}/${taskId} ${derived} as its events say`,
          () => status,
        );
      }
      this.#consistent(seen);
      if (this.#schedule.baseline) this.#asWithoutFaults(seen, this.#schedule.baseline);
      this.#modelled(seen);
    }
    const started = [...this.#oracles.seen.values()].filter(({ kind }) => kind === 'workflow').length;
    const { starts, operations } = this.#schedule;
    const most = starts.length + operations.filter(({ kind }) => kind === 'restart').length;
    this.#oracles.check(
      started <= most,
      '3 acknowledged',
      `at most ${most} executions, one a key`,
      () => `${started}`,
    );
    for (const [pool, { held, queued }] of Object.entries(await slots.usage()))
      this.#oracles.check(
        held === 0 && queued === 0,
        '4 no place lost',
        `nothing in pool ${pool}`,
        () => `${held} held, ${queued} queued`,
      );
  }

  #asWithoutFaults({ id, tasks }: Seen, baseline: ReadonlyMap<string, string>): void {
    for (const [taskId, { end }] of tasks) {
      const expected = baseline.get(`${id}/${taskId}`);
      this.#oracles.check(
        end === expected,
        '2 outcome',
        `${id}/${taskId} ${expected}, as without faults`,
        () => `${end}`,
      );
    }
  }

  /** The ends of tasks agree with those of their parents, and the execution's end with those of its tasks. */
  #consistent(seen: Seen): void {
    if (seen.cut || seen.redriven > 0 || seen.tasks.size === 0) return;
    const tasks = [...seen.tasks.values()];
    for (const task of tasks) {
      const { definition, end } = task;
      if (end === undefined) continue;
      const runs = mayRun(definition, (id) => looksOf(seen.tasks.get(id)!, this.#schedule.truths)!);
      const ownCondition = definition.condition !== undefined && definition.type !== 'condition';
      const right = end === 'SKIPPED' ? !runs || ownCondition : runs;
      this.#oracles.check(
        right,
        '2 outcome',
        `${seen.id}/${definition.id} ${runs ? 'runs' : 'SKIPPED'}`,
        () => end,
      );
    }
    const failed = tasks.filter(({ end, definition }) => end === 'FAILED' && definition.critical).length;
    if (failed > seen.definition.toleratedFailures)
      this.#oracles.check(seen.status === 'FAILED', '2 outcome', `${seen.id} FAILED`, () => seen.status);
    else if (seen.definition.output === undefined)
      this.#oracles.check(
        seen.status === 'SUCCEEDED',
        '2 outcome',
        `${seen.id} SUCCEEDED`,
        () => seen.status,
      );
  }

  #modelled(seen: Seen): void {
    const { generated } = this.#schedule;
    if (!generated || seen.kind !== 'workflow' || seen.cut) return;
    const model = new Model(generated);
    let outcome = model.run();
    for (let run = 0; run < seen.redriven; run++) outcome = model.run();
    this.#oracles.check(
      seen.status === outcome.status,
      '2 model',
      `${seen.id} ${outcome.status} after ${seen.redriven + 1} runs`,
      () => seen.status,
    );
    for (const [id, { end }] of seen.tasks)
      this.#oracles.check(
        end === outcome.tasks.get(id),
        '2 model',
        `${seen.id}/${id} ${outcome.tasks.get(id)}`,
        () => `${end}`,
      );
  }
}
