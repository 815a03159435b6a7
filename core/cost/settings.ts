import { NEVER, OFTEN_THEN_SELDOM, type Patience } from '../execution/patience.ts';
import { EXPRESS_AGE_MS_MAX } from '../execution/steps.ts';

/** How an execution is looked at. */
export interface CostSettings {
  /** How long each attempt of a handler takes. @default as long as it took */
  attemptMs?: number;
  /** Types whose attempts run on the Standard lane. */
  longTypes: ReadonlySet<string>;
  /** How long the host waits before it looks for lost tasks. */
  patience: Patience;
  /** Age at which a machine of the Express lane hands over. */
  machineAgeMsMax: number;
  /**
   * Who knows an execution once it was read: each environment of each function, of which a line of tasks may meet another one each
   * time it begins; or the one process.
   */
  plansKeptBy: 'environment' | 'process';
  /** Environments know the definition from earlier executions. */
  isDefinitionKnown: boolean;
  /** The execution is deleted at last; otherwise it is kept for ever, at the price of storing it. */
  isDeleted: boolean;
}

/** As the AWS host runs it. */
export const ON_AWS: CostSettings = {
  longTypes: new Set(),
  patience: OFTEN_THEN_SELDOM,
  machineAgeMsMax: EXPRESS_AGE_MS_MAX,
  plansKeptBy: 'environment',
  isDefinitionKnown: false,
  isDeleted: false,
};

/** As one process runs it, which counts what it does. */
export const IN_ONE_PROCESS: CostSettings = {
  ...ON_AWS,
  patience: NEVER,
  plansKeptBy: 'process',
};
