import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import type { TaskContext } from '../../core/task/handler.ts';
import { JoinFailed } from '../../edge/join.ts';
import { openEdge } from '../../edge/edge.ts';
import { createLogger } from '../../embedded/log.ts';
import type { Orchestrator } from '../../embedded/orchestrator.ts';
import { Effects, eventsOf, expectConserved, openNetwork, until } from './network.ts';

const logger = createLogger('silent');
const placed = { capability: 'camera' } as const;
const SLOW = { timeout: 90_000 };

/** A workflow that runs a chain of so many steps on a node with a camera, as a whole. */
async function chainThere(orchestrator: Orchestrator, steps: number) {
  const tasks = Array.from({ length: steps }, (_, at) => ({
    id: `t${at}`,
    type: 'step',
    ...(at > 0 && { dependsOn: [`t${at - 1}`] }),
    input: { n: at === 0 ? 0 : `\${t${at - 1}.output}` },
  }));
  await orchestrator.submit({ document: { name: 'chain', tasks } });
  return {
    name: 'survey',
    tasks: [{ id: 'there', type: 'workflow', ...placed, input: { workflow: 'chain' } }],
  };
}

/** What waits for it goes on once it is opened. */
function gate() {
  const { promise: opened, resolve: open } = Promise.withResolvers<void>();
  return { opened, open };
}

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
    expect(await expectConserved(orchestrator)).toMatchObject({
      dead: { bundles: 0 },
      expired: { bundles: 0 },
    });
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
  const { opened, open } = gate();
  const step = effects.handler(async ({ n }: { n: number }) => {
    if (n > 0) await opened;
    return n + 1;
  });
  const { edge, networks } = await join('edge-1', { tasks: { step } });
  const { id } = await hub.orchestrator.run(await chainThere(hub.orchestrator, 5));
  await until(() => effects.keys().length).toBeGreaterThan(0);
  networks.primary.become('cut');
  open();
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

test('reconciles with a host that was stopped and started while work was under way', SLOW, async () => {
  const { hub, join, folder, restartHub } = await openNetwork();
  const effects = new Effects(folder);
  const { opened, open } = gate();
  const step = effects.handler(async ({ n }: { n: number }) => {
    if (n > 0) await opened;
    return n + 1;
  });
  await join('edge-1', { tasks: { step } });
  const { id } = await hub.orchestrator.run(await chainThere(hub.orchestrator, 4));
  await until(() => effects.keys().length).toBeGreaterThan(0);
  const { orchestrator } = await restartHub();
  open();
  expect(await orchestrator.result(id)).toMatchObject({ status: 'SUCCEEDED', output: 4 });
  expect(effects.keys()).toHaveLength(4);
});

test('carries a megabyte there and back', SLOW, async () => {
  const { hub, join } = await openNetwork();
  await join('edge-1', { tasks: { mirror: async ({ text }: { text: string }) => ({ text: `${text}!` }) } });
  // Nothing that compresses well.
  const text = randomBytes(750_000).toString('base64');
  const { id } = await hub.orchestrator.run(
    { name: 'large', tasks: [{ id: 'a', type: 'mirror', ...placed, input: { text: '${vars.text}' } }] },
    { variables: { text } },
  );
  const { output } = await hub.orchestrator.result(id);
  expect((output as { text: string }).text).toBe(`${text}!`);
});

test('ends what is cancelled, also on the node that runs it', SLOW, async () => {
  const { hub, join } = await openNetwork();
  const stopped: string[] = [];
  const hold = (_: never, { signal, executionId }: TaskContext) =>
    new Promise<never>((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        stopped.push(executionId);
        reject(signal.reason as Error);
      });
    });
  const { edge } = await join('edge-1', { tasks: { hold } });
  const { id } = await hub.orchestrator.run({ name: 'held', tasks: [{ id: 'a', type: 'hold', ...placed }] });
  await until(async () => (await edge.orchestrator.reader.totals()).tasks.RUNNING).toBe(1);
  await hub.orchestrator.cancel(id, 'enough');
  expect(await hub.orchestrator.result(id)).toMatchObject({ status: 'CANCELLED' });
  await until(() => stopped.length).toBe(1);
  await until(async () => (await edge.orchestrator.reader.get(stopped[0]!))?.status).toBe('CANCELLED');
});

test(
  'begins nothing on a node while it is paused, and takes the answer that comes meanwhile',
  SLOW,
  async () => {
    const { hub, join, folder } = await openNetwork();
    const effects = new Effects(folder);
    const { opened, open } = gate();
    const step = effects.handler(async ({ n }: { n: number }) => {
      await opened;
      return n + 1;
    });
    const { edge } = await join('edge-1', { tasks: { step } });
    const { id } = await hub.orchestrator.run({
      name: 'two',
      tasks: [
        { id: 'a', type: 'step', ...placed, input: { n: 0 } },
        { id: 'b', type: 'step', ...placed, dependsOn: ['a'], input: { n: '${a.output}' } },
      ],
    });
    await until(async () => (await edge.orchestrator.reader.totals()).tasks.RUNNING).toBe(1);
    await hub.orchestrator.pause(id);
    open();
    const { reader } = hub.orchestrator;
    await until(async () => (await reader.counts(id)).SUCCEEDED).toBe(1);
    await until(async () => (await expectConserved(edge.orchestrator)).waiting.bundles).toBe(0);
    expect(effects.keys()).toHaveLength(1);
    expect(await reader.get(id)).toMatchObject({ status: 'PAUSED' });
    await hub.orchestrator.resume(id);
    expect(await hub.orchestrator.result(id)).toMatchObject({ status: 'SUCCEEDED', output: 2 });
    expect(effects.keys()).toHaveLength(2);
  },
);

test(
  'gives a node that is cut off up after the time limit, and goes to another, with the same key',
  SLOW,
  async () => {
    const { hub, join, folder } = await openNetwork();
    const effects = new Effects(folder);
    const runs: string[] = [];
    const { opened, open } = gate();
    const where = (node: string) => ({
      shoot: effects.handler(async () => {
        runs.push(node);
        if (node === 'edge-1') await opened;
        return node;
      }),
    });
    const { networks } = await join('edge-1', { tasks: where('edge-1') });
    const { id } = await hub.orchestrator.run({
      name: 'rerouted',
      tasks: [
        {
          id: 'a',
          type: 'shoot',
          retry: { maxAttempts: 3 },
          placement: { capabilities: ['camera'], lifetimeMs: 6000 },
        },
      ],
    });
    await until(() => runs.length).toBe(1);
    networks.primary.become('cut');
    open();
    await join('edge-2', { tasks: where('edge-2') });
    expect(await hub.orchestrator.result(id)).toMatchObject({ status: 'SUCCEEDED', output: 'edge-2' });
    const events = await eventsOf(hub.orchestrator, id);
    const told = events.filter(({ type }) => type === 'task.placed' || type === 'task.attempt-failed');
    expect(told.map(({ type, data }) => [type, (data as { node: string }).node])).toEqual([
      ['task.placed', 'edge-1'],
      ['task.attempt-failed', 'edge-1'],
      ['task.placed', 'edge-2'],
    ]);
    expect(told[1]!.data).toMatchObject({ error: 'NodeUnreachable', healing: 'reroute' });
    // What edge-1 did while nobody heard of it is the same effect to whoever looks at the key.
    await until(() => effects.keys().length).toBe(2);
    expect(new Set(effects.keys())).toEqual(new Set([`${id}/a`]));
    networks.primary.become('mended');
    await until(async () => (await expectConserved(hub.orchestrator)).released.bundles).toBe(0);
    expect(await hub.orchestrator.result(id)).toMatchObject({ status: 'SUCCEEDED', output: 'edge-2' });
  },
);
