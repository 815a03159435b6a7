/** Whole workflows through the deployed stack: the one of `npm run demo`, and a recorded one of a hundred tasks. */
import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { useHost } from '../e2e/host.ts';
import { deployedHost } from './host.ts';
import { onDeployment } from './on-deployment.ts';

const ROOT = join(import.meta.dirname, '../..');
const RECORDED = join(ROOT, '../shared/data/wfcommons/blast-chameleon-large-003.json');

interface Recorded {
  tasks: { id: string; parents: string[]; runtimeSeconds: number }[];
}

onDeployment('workflows on the AWS host', (deployment) => {
  const host = useHost(deployedHost(deployment));

  // The demo measures Holdfast's own sources, which its function looks for two folders above its code.
  beforeAll(() => {
    for (const folder of ['core', 'lambdas', 'adapters', 'embedded', 'tasks', 'client', 'cli', 'examples'])
      symlinkSync(join(ROOT, folder), join(deployment.dir, folder));
  });

  test('the demo runs to its end', async () => {
    const { status, body } = await host.http.post(
      '/workflows',
      await readFile(join(ROOT, 'examples/demo.yaml'), 'utf8'),
      {
        contentType: 'application/yaml',
      },
    );
    expect(status, JSON.stringify(body)).toBeLessThan(300);
    const done = await host.ended(await host.start(body.name as string));
    expect(done, JSON.stringify(done.errors)).toMatchObject({ status: 'SUCCEEDED' });
    expect(await host.statuses(done.executionId)).toMatchObject({
      primes: 'SUCCEEDED',
      publish: 'SUCCEEDED',
      apologise: 'SKIPPED',
    });
  });

  test.skipIf(!existsSync(RECORDED))(
    'a recorded workflow of 103 tasks runs to its end, each task once (needs ../shared/data)',
    async () => {
      const { tasks } = JSON.parse(readFileSync(RECORDED, 'utf8')) as Recorded;
      const done = await host.run({
        name: 'blast-large',
        tasks: tasks.map(({ id, parents, runtimeSeconds }) => ({
          id,
          type: 'hold',
          input: { ms: Math.ceil(runtimeSeconds) },
          dependsOn: parents,
        })),
      });
      expect(done, JSON.stringify(done.errors)).toMatchObject({
        status: 'SUCCEEDED',
        tasks: { total: tasks.length, succeeded: tasks.length },
      });
      const events = await host.http.events(done.executionId as string);
      const endedAt = new Map(
        events.filter(({ type }) => type === 'task.succeeded').map(({ taskId, seq }) => [taskId, seq]),
      );
      expect(endedAt.size).toBe(tasks.length);
      for (const { type, taskId, seq } of events) {
        if (type !== 'task.started') continue;
        const { parents } = tasks.find(({ id }) => id === taskId)!;
        for (const parent of parents)
          expect(endedAt.get(parent), `${parent} before ${taskId}`).toBeLessThan(seq);
      }
    },
  );
});
