import type { AwsTaskOptions } from '../core/task/handler.ts';

/** The functions' bundles: folders with an `index.mjs` each. */
export interface Bundles {
  /** The folder of a function of the engine. */
  folder(name: string): string;
  tasks: readonly BundledTask[];
}

export interface BundledTask {
  type: string;
  folder: string;
  maxConcurrency?: number;
  aws?: AwsTaskOptions;
}

export function bundle(_taskDirs: readonly string[] = []): Bundles {
  throw new Error('not here yet');
}
