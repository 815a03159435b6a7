import { expect, test } from 'vitest';
import { killRepeatedly } from './kill-run.ts';

test('loses nothing, repeats no effect and runs no completed task again when it is killed under load', async () => {
  const { violations, evidence, ...report } = await killRepeatedly({ kills: 10, seed: 20 });
  expect(violations, evidence).toEqual([]);
  expect(report).toMatchObject({ kills: 10, effectsTwice: 0, completedRunAgain: 0, lostAcknowledgements: 0 });
  // A run that did next to nothing would prove nothing.
  expect(report.acknowledged).toBeGreaterThan(10);
  expect(report.ended).toBe(report.acknowledged);
}, 120_000);
