import type { Issues } from './issues.ts';
import type { Origins } from './origins.ts';
import type { NumberUnit } from './settings.ts';

/** What every normaliser gets. */
export interface Context {
  issues: Issues;
  origins: Origins;
  /** What a bare number in `timeout` counts in this document. */
  numberUnit: NumberUnit;
}
