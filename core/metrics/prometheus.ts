/** Numbers as Prometheus text (exposition format 0.0.4). */
import type { ExecutionReader } from '../ports/execution-store.ts';
import type { Slots } from '../ports/slots.ts';
import { type CounterName, COUNTERS } from './tally.ts';

const PREFIX = 'resilient_orchestrator_';

export interface Sample {
  suffix?: string;
  labels: Record<string, string>;
  value: number;
}

/** A metric with its samples; `name` goes without the prefix that all have. */
export function family(
  name: string,
  type: 'counter' | 'gauge' | 'histogram',
  help: string,
  samples: readonly Sample[],
): string {
  const lines = samples.map(({ suffix = '', labels, value }) => {
    const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escape(text)}"`);
    return `${PREFIX}${name}${suffix}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${value}\n`;
  });
  return `# HELP ${PREFIX}${name} ${help}\n# TYPE ${PREFIX}${name} ${type}\n${lines.join('')}`;
}

/** A sample a name, labelled with it in lower case. */
export const labelled = (label: string, values: Record<string, number>): Sample[] =>
  Object.entries(values).map(([name, value]) => ({ labels: { [label]: name.toLowerCase() }, value }));

type Totals = Awaited<ReturnType<ExecutionReader['totals']>>;
type Usage = Awaited<ReturnType<Slots['usage']>>;

/** How things stand: executions and tasks by status, places held and waited for. */
export function currentText({ executions, tasks }: Totals, usage: Usage): string {
  const pools = Object.entries(usage);
  const ofPools = (read: (pool: Usage[string]) => number): Sample[] =>
    pools.map(([pool, state]) => ({ labels: { pool }, value: read(state) }));
  return [
    family('workflows_current', 'gauge', 'Executions by present status.', labelled('status', executions)),
    family('tasks_current', 'gauge', 'Tasks by present status.', labelled('status', tasks)),
    family(
      'pool_places',
      'gauge',
      'Size of a pool.',
      ofPools(({ size }) => size).filter(({ value }) => Number.isFinite(value)),
    ),
    family(
      'pool_held',
      'gauge',
      'Places held.',
      ofPools(({ held }) => held),
    ),
    family(
      'pool_queued',
      'gauge',
      'Requests waiting for a place.',
      ofPools(({ queued }) => queued),
    ),
  ].join('');
}

/** Counters with a sample a label's value. */
export const countersText = (counters: Partial<Record<CounterName, Record<string, number>>>): string =>
  Object.entries(COUNTERS)
    .map(([name, { label, help }]) =>
      family(name, 'counter', help, labelled(label, counters[name as CounterName] ?? {})),
    )
    .join('');

/** What the totals say has been counted: for a counter to go on from, or all that it tells where nobody counts. */
export const countedBefore = ({ executions, tasks }: Totals) => ({
  workflows_total: {
    submitted: Object.values(executions).reduce((sum, count) => sum + count, 0),
    succeeded: executions.SUCCEEDED,
    failed: executions.FAILED,
    cancelled: executions.CANCELLED,
  },
  tasks_total: { succeeded: tasks.SUCCEEDED, failed: tasks.FAILED, skipped: tasks.SKIPPED },
});

/** All that a host can tell which counts nothing itself; CloudWatch has what `lambdas/report` counts. */
export const totalsText = (totals: Totals, usage: Usage): string =>
  countersText(countedBefore(totals)) + currentText(totals, usage);

const escape = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
