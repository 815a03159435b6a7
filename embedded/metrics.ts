/** Counts what happens and writes it as Prometheus text. */
import type { CommittedEvents } from '../core/api/committed-events.ts';
import type { HoldfastEvent } from '../core/event/event.ts';
import { countedBefore, countersText, currentText, family, type Sample } from '../core/metrics/prometheus.ts';
import { type CounterName, countersOf, type DurationName, DURATIONS } from '../core/metrics/tally.ts';
import type { ExecutionReader } from '../core/ports/execution-store.ts';
import type { Slots } from '../core/ports/slots.ts';

export interface MetricsPorts {
  reader: Pick<ExecutionReader, 'totals'>;
  committed: CommittedEvents;
  slots: Pick<Slots, 'usage'>;
  /** Read at each scrape; `sockets_connected` becomes `resilient_orchestrator_sockets_connected`. @default none */
  gauges?: Record<string, { help: string; read: () => number }>;
  /** Metrics of others, as text. @default none */
  others?: () => Promise<string>;
}

const BUCKETS_SECONDS = [0.005, 0.025, 0.1, 0.5, 1, 5, 15, 60, 300, 1800, 7200];

/** Starts counting; `render` writes a scrape. Counters go on from what the store holds, so a restart doesn't start at 0. */
export async function createMetrics(
  ports: MetricsPorts,
): Promise<{ render: () => Promise<string>; close: () => void }> {
  const counts = new EventCounts();
  const stop = ports.committed.onCommitted((events) => {
    for (const { event } of events) counts.add(event);
  });
  counts.startFrom(countedBefore(await ports.reader.totals()));

  return {
    close: stop,
    render: async () => {
      const [totals, usage, others = ''] = await Promise.all([
        ports.reader.totals(),
        ports.slots.usage(),
        ports.others?.(),
      ]);
      const gauges = Object.entries(ports.gauges ?? {}).map(([name, { help, read }]) =>
        family(name, 'gauge', help, [{ labels: {}, value: read() }]),
      );
      return [counts.render(), currentText(totals, usage), ...gauges, others].join('');
    },
  };
}

class EventCounts {
  readonly #counters: Record<CounterName, Map<string, number>> = {
    workflows_total: new Map(),
    tasks_total: new Map(),
    healing_actions_total: new Map(),
  };
  readonly #durations: Record<DurationName, Histogram> = {
    workflow_duration_seconds: new Histogram(),
    task_attempt_duration_seconds: new Histogram(),
  };
  /** Start times of what runs, by execution. */
  readonly #running = new Map<string, { startedMs?: number; tasks: Map<string, number> }>();

  startFrom(before: Partial<Record<CounterName, Record<string, number>>>): void {
    for (const [name, values] of Object.entries(before) as [CounterName, Record<string, number>][])
      for (const [label, value] of Object.entries(values)) this.#raise(name, label, value);
  }

  add(event: HoldfastEvent): void {
    for (const [name, label] of countersOf(event)) this.#raise(name, label, 1);
    switch (event.type) {
      case 'execution.started':
        this.#execution(event).startedMs = event.atMs;
        return;
      case 'execution.succeeded':
      case 'execution.failed':
      case 'execution.cancelled':
        return this.#executionEnded(event);
      case 'task.started':
        this.#execution(event).tasks.set(event.taskId!, event.atMs);
        return;
      case 'task.succeeded':
      case 'task.failed':
      case 'task.skipped':
      case 'task.attempt-failed':
      case 'task.interrupted':
        return this.#attemptEnded(event);
    }
  }

  #raise(name: CounterName, label: string, by: number): void {
    const counter = this.#counters[name];
    counter.set(label, (counter.get(label) ?? 0) + by);
  }

  #execution({ executionId }: HoldfastEvent) {
    let running = this.#running.get(executionId);
    if (running === undefined) this.#running.set(executionId, (running = { tasks: new Map() }));
    return running;
  }

  #executionEnded({ executionId, atMs }: HoldfastEvent): void {
    const startedMs = this.#running.get(executionId)?.startedMs;
    if (startedMs !== undefined) this.#durations.workflow_duration_seconds.observe((atMs - startedMs) / 1000);
    this.#running.delete(executionId);
  }

  #attemptEnded({ executionId, taskId = '', type, atMs }: HoldfastEvent): void {
    const tasks = this.#running.get(executionId)?.tasks;
    const startedMs = tasks?.get(taskId);
    tasks?.delete(taskId);
    if (startedMs !== undefined && type !== 'task.interrupted')
      this.#durations.task_attempt_duration_seconds.observe((atMs - startedMs) / 1000);
  }

  render(): string {
    const counted = Object.entries(this.#counters).map(([name, counts]) => [
      name,
      Object.fromEntries(counts),
    ]);
    const counters = Object.fromEntries(counted) as Record<CounterName, Record<string, number>>;
    const durations = Object.entries(DURATIONS).map(([name, help]) =>
      this.#durations[name as DurationName].render(name, help),
    );
    return [countersText(counters), ...durations].join('');
  }
}

class Histogram {
  readonly #buckets = BUCKETS_SECONDS.map(() => 0);
  #count = 0;
  #sum = 0;

  observe(seconds: number): void {
    this.#count++;
    this.#sum += Math.max(0, seconds);
    const bucket = BUCKETS_SECONDS.findIndex((limit) => seconds <= limit);
    if (bucket >= 0) this.#buckets[bucket]!++;
  }

  render(name: string, help: string): string {
    let upTo = 0;
    const buckets: Sample[] = BUCKETS_SECONDS.map((le, at) => ({
      suffix: '_bucket',
      labels: { le: String(le) },
      value: (upTo += this.#buckets[at]!),
    }));
    return family(name, 'histogram', help, [
      ...buckets,
      { suffix: '_bucket', labels: { le: '+Inf' }, value: this.#count },
      { suffix: '_sum', labels: {}, value: this.#sum },
      { suffix: '_count', labels: {}, value: this.#count },
    ]);
  }
}
