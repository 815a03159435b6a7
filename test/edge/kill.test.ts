import { expect, test } from 'vitest';
import { killEdgeRepeatedly } from '../faults/edge-kill-run.ts';

test('loses nothing and repeats no effect when a node and its host are killed under placed work', {
  timeout: 400_000,
}, async () => {
  const { violations, evidence, ...report } = await killEdgeRepeatedly({ kills: 20, seed: 4 });
  expect(violations, evidence).toEqual([]);
  expect(report).toMatchObject({ kills: 20, effectsTwice: 0, completedRunAgain: 0 });
  // A run that did next to nothing would prove nothing.
  expect(report.killsOfTheHost).toBeGreaterThan(2);
  expect(report.effects).toBe(report.executions * 5);
  expect(report.executions).toBeGreaterThan(10);
});
