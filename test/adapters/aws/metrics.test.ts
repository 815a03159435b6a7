import { expect, test } from 'vitest';
import { EmfMetrics } from '../../../adapters/aws/metrics.ts';
import { captureEmf } from '../../emf-lines.ts';

const lines = captureEmf();

test('a batch becomes one record in the embedded metric format', () => {
  const metrics = new EmfMetrics();
  for (let count = 0; count < 3; count++) metrics.count('tasks_total', 'succeeded', 1);
  metrics.count('healing_actions_total', 'retry', 2);
  metrics.measure('task_attempt_duration_seconds', 0.5);
  metrics.measure('task_attempt_duration_seconds', 1.5);
  metrics.flush();
  metrics.flush();
  expect(lines).toHaveLength(1);
  const record = JSON.parse(lines[0]!) as Record<string, unknown>;
  expect(record).toMatchObject({
    _aws: {
      CloudWatchMetrics: [
        {
          Namespace: 'resilient_orchestrator',
          Dimensions: [['service']],
          Metrics: expect.arrayContaining([
            { Name: 'tasks_total_succeeded', Unit: 'Count' },
            { Name: 'task_attempt_duration_seconds', Unit: 'Seconds' },
          ]),
        },
      ],
    },
    service: 'holdfast',
    tasks_total_succeeded: 3,
    healing_actions_total_retry: 2,
    task_attempt_duration_seconds: [0.5, 1.5],
  });
});

test('numbers of one batch are not told again with the next', () => {
  const metrics = new EmfMetrics();
  for (const count of [5, 7]) {
    metrics.count('workflows_total', 'submitted', count);
    metrics.flush();
  }
  expect(
    lines.map((line) => (JSON.parse(line) as Record<string, unknown>).workflows_total_submitted),
  ).toEqual([5, 7]);
});
