/** Counts what happens and writes it as Prometheus text (exposition format 0.0.4). */
import type { CommittedEvents } from '../core/api/committed-events.ts';
import type { HoldfastEvent } from '../core/event/event.ts';
import type { ExecutionReader } from '../core/ports/execution-store.ts';
import type { Slots } from '../core/ports/slots.ts';

export interface MetricsPorts {
  reader: Pick<ExecutionReader, 'totals'>;
  committed: CommittedEvents;
  slots: Pick<Slots, 'usage'>;
  /** Read at each scrape; `sockets_connected` becomes `resilient_orchestrator_sockets_connected`. @default none */
  gauges?: Record<string, { help: string; read: () => number }>;
}

const PREFIX = 'resilient_orchestrator_';
const BUCKETS_SECONDS = [0.005, 0.025, 0.1, 0.5, 1, 5, 15, 60, 300, 1800, 7200];

/** Starts counting; `render` writes a scrape. Counters go on from what the store holds, so a restart doesn't start at 0. */
export async function createMetrics(
  ports: MetricsPorts,
): Promise<{ render: () => Promise<string>; close: () => void }> {
  const counts = new EventCounts();
  const stop = ports.committed.onCommitted((events) => {
    for (const { event } of events) counts.add(event);
  });
  const { executions, tasks } = await ports.reader.totals();
  counts.startFrom('workflows', {
    submitted: Object.values(executions).reduce((sum, count) => sum + count, 0),
    succeeded: executions.SUCCEEDED,
    failed: executions.FAILED,
    cancelled: executions.CANCELLED,
  });
  counts.startFrom('tasks', { succeeded: tasks.SUCCEEDED, failed: tasks.FAILED, skipped: tasks.SKIPPED });

  return {
    close: stop,
    render: async () => {
      const [totals, usage] = await Promise.all([ports.reader.totals(), ports.slots.usage()]);
      const pools = Object.entries(usage);
      return [
        counts.render(),
        family(
          'workflows_current',
          'gauge',
          'Executions by present status.',
          labelled('status', totals.executions),
        ),
        family('tasks_current', 'gauge', 'Tasks by present status.', labelled('status', totals.tasks)),
        family(
          'pool_places',
          'gauge',
          'Size of a pool.',
          pools
            .filter(([, { size }]) => Number.isFinite(size))
            .map(([pool, { size }]) => ({ labels: { pool }, value: size })),
        ),
        family(
          'pool_held',
          'gauge',
          'Places held.',
          pools.map(([pool, { held }]) => ({ labels: { pool }, value: held })),
        ),
        family(
          'pool_queued',
          'gauge',
          'Requests waiting for a place.',
          pools.map(([pool, { queued }]) => ({ labels: { pool }, value: queued })),
        ),
        ...Object.entries(ports.gauges ?? {}).map(([name, { help, read }]) =>
          family(name, 'gauge', help, [{ labels: {}, value: read() }]),
        ),
      ].join('');
    },
  };
}

class EventCounts {
  readonly #workflows = new Map<string, number>();
  readonly #tasks = new Map<string, number>();
  readonly #healing = new Map<string, number>();
  readonly #workflowSeconds = new Histogram();
  readonly #taskSeconds = new Histogram();
  /** Start times of what runs, by execution. */
  readonly #running = new Map<string, { startedMs?: number; tasks: Map<string, number> }>();

  startFrom(family: 'workflows' | 'tasks', base: Record<string, number>): void {
    const counts = family === 'workflows' ? this.#workflows : this.#tasks;
    for (const [status, value] of Object.entries(base)) raise(counts, status, value);
  }

  add(event: HoldfastEvent): void {
    switch (event.type) {
      case 'execution.submitted':
        return raise(this.#workflows, 'submitted');
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
        raise(this.#tasks, event.type.slice('task.'.length));
        return this.#attemptEnded(event);
      case 'task.attempt-failed':
      case 'task.interrupted':
        return this.#attemptEnded(event);
    }
  }

  #execution({ executionId }: HoldfastEvent) {
    let running = this.#running.get(executionId);
    if (running === undefined) this.#running.set(executionId, (running = { tasks: new Map() }));
    return running;
  }

  #executionEnded({ executionId, type, atMs }: HoldfastEvent): void {
    raise(this.#workflows, type.slice('execution.'.length));
    const running = this.#running.get(executionId);
    if (running?.startedMs !== undefined) this.#workflowSeconds.observe((atMs - running.startedMs) / 1000);
    this.#running.delete(executionId);
  }

  #attemptEnded({ executionId, taskId = '', type, atMs, data }: HoldfastEvent): void {
    const tasks = this.#running.get(executionId)?.tasks;
    const startedMs = tasks?.get(taskId);
    tasks?.delete(taskId);
    if (startedMs !== undefined && type !== 'task.interrupted')
      this.#taskSeconds.observe((atMs - startedMs) / 1000);
    const strategy = data?.healing;
    if (typeof strategy === 'string' && strategy !== 'none') raise(this.#healing, strategy);
  }

  render(): string {
    return [
      family(
        'workflows_total',
        'counter',
        'Executions submitted, and ended by how they ended.',
        labelled('status', Object.fromEntries(this.#workflows)),
      ),
      family(
        'tasks_total',
        'counter',
        'Tasks ended, by how they ended.',
        labelled('status', Object.fromEntries(this.#tasks)),
      ),
      family(
        'healing_actions_total',
        'counter',
        'Failures healed, by strategy.',
        labelled('strategy', Object.fromEntries(this.#healing)),
      ),
      this.#workflowSeconds.render('workflow_duration_seconds', 'From start to end of an execution.'),
      this.#taskSeconds.render('task_attempt_duration_seconds', 'From start to end of an attempt.'),
    ].join('');
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
    const buckets = BUCKETS_SECONDS.map((le, at) => ({
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

interface Sample {
  suffix?: string;
  labels: Record<string, string>;
  value: number;
}

function raise(counts: Map<string, number>, label: string, by = 1): void {
  counts.set(label, (counts.get(label) ?? 0) + by);
}

const labelled = (label: string, values: Record<string, number>): Sample[] =>
  Object.entries(values).map(([name, value]) => ({ labels: { [label]: name.toLowerCase() }, value }));

function family(name: string, type: string, help: string, samples: Sample[]): string {
  const lines = samples.map(({ suffix = '', labels, value }) => {
    const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escape(text)}"`);
    return `${PREFIX}${name}${suffix}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${value}\n`;
  });
  return `# HELP ${PREFIX}${name} ${help}\n# TYPE ${PREFIX}${name} ${type}\n${lines.join('')}`;
}

const escape = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
