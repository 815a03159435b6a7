/** Definitions and values that lie in the bucket, fetched by whichever function needs them. */
import { expect, test } from 'vitest';
import { useHost } from '../e2e/host.ts';
import { deployedHost } from './host.ts';
import { noise, wordy } from './large.ts';
import { onDeployment } from './on-deployment.ts';

const LARGE = 'x'.repeat(300_000);

onDeployment('what is too large for the table', (deployment) => {
  const host = useHost(deployedHost(deployment));

  test('is fetched to lay out, route, retry, park, complete and settle', async () => {
    const definition = {
      name: 'wordy',
      variables: { words: '' },
      tasks: [
        ...wordy(4),
        { id: 'flaky', type: 'flaky', input: { until: 2 }, retry: { maxAttempts: 3, delayMs: 10 } },
        {
          id: 'call',
          type: 'parallel',
          input: { tasks: [...wordy(4), { id: 'go', type: 'signal' }] },
          dependsOn: ['flaky'],
        },
        { id: 'text', type: 'text', input: { sizeBytes: 300_000 } },
        { id: 'again', type: 'measure', input: { text: '${text.output.text}' }, dependsOn: ['text'] },
      ],
    };
    // More than one item holds.
    const id = await host.begin(definition, { variables: { words: noise(600_000) } });
    for (;;) {
      const [child] = await host.http.list(`/executions?parent=${id}`);
      if (child === undefined) continue;
      await host.taskEvent(child.executionId, 'go', 'task.waiting');
      await host.http.post(`/executions/${child.executionId}/signals/go`, { payload: { text: 'done' } });
      break;
    }
    const done = await host.ended(id);
    expect(done, JSON.stringify(done.errors)).toMatchObject({ status: 'SUCCEEDED' });
  });

  test('is kept where it is given in place of a task', async () => {
    const id = await host.begin({
      name: 'wordy-redriven',
      tasks: [...wordy(4), { id: 'bad', type: 'break', input: { permanent: true } }],
    });
    expect(await host.ended(id)).toMatchObject({ status: 'FAILED' });
    const { status, body } = await host.http.post(`/executions/${id}/redrive`, {
      outputs: { bad: { text: LARGE } },
    });
    expect(status, JSON.stringify(body)).toBeLessThan(300);
    expect(await host.ended(id, 2)).toMatchObject({ status: 'SUCCEEDED' });
  });
});
