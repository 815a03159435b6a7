import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { JoinFailed } from '../../edge/join.ts';
import { openEdge } from '../../edge/edge.ts';
import { createLogger } from '../../embedded/log.ts';
import { Effects, eventsOf, expectConserved, openNetwork, until } from './network.ts';

const logger = createLogger('silent');
const placed = { capability: 'camera' } as const;
const SLOW = { timeout: 90_000 };

const double = async ({ n }: { n: number }) => ({ n: n * 2 });

test('runs a task where it was placed, and says why there', SLOW, async () => {
  const { hub, join } = await openNetwork();
  const { edge } = await join('edge-1', { tasks: { double } });
  const { id } = await hub.orchestrator.run({
    name: 'placed',
    tasks: [
      { id: 'far', type: 'double', ...placed, input: { n: 4 } },
      { id: 'near', type: 'pass', dependsOn: ['far'], input: { n: '${far.output.n}' } },
    ],
  });
  const events = await eventsOf(hub.orchestrator, id);
  expect(events.find(({ type }) => type === 'task.placed')).toMatchObject({
    taskId: 'far',
    data: { node: 'edge-1', reason: 'chose edge-1: hub lacks camera' },
  });
  expect(await hub.orchestrator.result(id)).toMatchObject({ status: 'SUCCEEDED', output: { n: 8 } });
  for (const { orchestrator } of [hub, edge]) {
    await until(async () => (await expectConserved(orchestrator)).released.bundles).toBe(0);
    expect(await expectConserved(orchestrator)).toMatchObject({ dead: { bundles: 0 }, expired: { bundles: 0 } });
  }
});

test('comes back without its id or a token, and its host refuses another of its name', SLOW, async () => {
  const { hub, join, folder } = await openNetwork();
  const site = await join('edge-1', { tasks: { double } });
  await site.restart({ hubUrl: undefined, nodeId: undefined });
  expect(site.edge.isNew).toBe(false);
  await expect(
    openEdge({ hubUrl: hub.url, nodeId: 'edge-1', dataDir: `${folder}/other`, logger }),
  ).rejects.toThrow(JoinFailed);
  await expect(site.restart({ nodeId: 'edge-2' })).rejects.toThrow('is of the node "edge-1"');
});

test('fails to join by a token that is none, and by none where one is asked for', SLOW, async () => {
  const { hub, folder } = await openNetwork({ token: 'operator-operator' });
  const join = (more: object) =>
    openEdge({ hubUrl: hub.url, nodeId: 'edge-1', dataDir: `${folder}/edge-1`, logger, ...more });
  await expect(join({})).rejects.toThrow('does not let "edge-1" join (401)');
  await expect(join({ token: 'made-up' })).rejects.toThrow('does not let "edge-1" join (401)');
  expect((await hub.orchestrator.nodes.list()).nodes).toEqual([]);
});

test('goes on with a workflow while it is cut off, and reconciles when it is back', SLOW, async () => {
  const { hub, join, folder } = await openNetwork();
  const effects = new Effects(folder);
  const step = effects.handler(async ({ n }: { n: number }) => {
    await sleep(60);
    return n + 1;
  });
  const { edge, networks } = await join('edge-1', { tasks: { step } });
  const { id } = await hub.orchestrator.run({
    name: 'survey',
    tasks: [
      {
        id: 'there',
        type: 'workflow',
        ...placed,
        input: {
          definition: {
            name: 'chain',
            tasks: Array.from({ length: 5 }, (_, at) => ({
              id: `t${at}`,
              type: 'step',
              ...(at > 0 && { dependsOn: [`t${at - 1}`] }),
              input: { n: at === 0 ? 0 : `\${t${at - 1}.output}` },
            })),
          },
        },
      },
    ],
  });
  await until(() => effects.keys().length).toBeGreaterThan(0);
  networks.primary.become('cut');
  await until(() => effects.keys().length).toBe(5);
  // Its answer waits there, and the host waits for it.
  await until(async () => (await expectConserved(edge.orchestrator)).waiting.bundles).toBeGreaterThan(0);
  expect(await hub.orchestrator.reader.get(id)).toMatchObject({ status: 'RUNNING' });
  networks.primary.become('mended');
  expect(await hub.orchestrator.result(id)).toMatchObject({ status: 'SUCCEEDED', output: 5 });
  expect(new Set(effects.keys()).size).toBe(5);
  expect(effects.keys()).toHaveLength(5);
  for (const { orchestrator } of [hub, edge]) {
    await until(async () => {
      const { waiting, released } = await expectConserved(orchestrator);
      return waiting.bundles + released.bundles;
    }).toBe(0);
  }
});
