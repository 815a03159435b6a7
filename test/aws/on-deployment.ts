import { describe, inject, test } from 'vitest';
import type { Deployment } from './setup.ts';

/** A `describe` of tests on the deployed stack, skipped where there is none. */
export function onDeployment(name: string, tests: (deployment: Deployment) => void): void {
  const deployment = inject('deployment');
  describe(name, () => {
    if (deployment === undefined) test.skip('needs Python 3.10 or later, with venv and pip', () => {});
    else tests(deployment);
  });
}
