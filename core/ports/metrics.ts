import type { CounterName, DurationName } from '../metrics/tally.ts';

/** Takes numbers of what happened to where somebody looks at them. */
export interface Metrics {
  /** `label` tells kinds of the same counter apart: `tasks_total`, `succeeded`. */
  count(name: CounterName, label: string, by: number): void;
  measure(name: DurationName, seconds: number): void;
  /** Writes all that came since the last time, at once. */
  flush(): void;
}
