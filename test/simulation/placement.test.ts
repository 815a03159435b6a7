/** Work that hosts place on each other is done once and answered, whoever of them dies, and at whichever step. */
import { afterEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../core/json.ts';
import { PermanentFailure, type TaskHandler } from '../../core/task/handler.ts';
import type { CrashPoint } from './faults.ts';
import { echo, Members, type MemberSpec } from './members.ts';

const HUB: MemberSpec = { id: 'hub', capabilities: [], handlers: { echo } };
const CAMERA: MemberSpec = { id: 'edge-1', capabilities: ['camera'], handlers: { echo } };
const SPARE: MemberSpec = { id: 'edge-2', capabilities: ['camera'], handlers: { echo } };

let members: Members;
afterEach(() => members.close());

async function open(specs: MemberSpec[], options: ConstructorParameters<typeof Members>[2] = {}, seed = 1) {
  members = new Members(seed, specs, options);
  await members.boot();
}

async function start(document: JsonObject, variables?: JsonObject): Promise<string> {
  await members.ask('hub', (engine) => engine.operations.submit({ document }));
  const request = { workflow: document.name as string, variables, idempotencyKey: 'once' };
  return (await members.ask('hub', (engine) => engine.operations.start(request))).execution.id;
}

const task = (executionId: string, taskId: string, host = 'hub') =>
  members.ask(host, (_, store) => store.executions.task({ executionId, taskId }));

const LOOK: JsonObject = {
  id: 'look',
  type: 'echo',
  capability: 'camera',
  input: { list: '${list}', text: '$${raw}', one: [1] },
};
const placed = (look: JsonObject): JsonObject => ({
  name: 'placed',
  variables: { list: [[1], '${n}', null] },
  tasks: [look, { id: 'after', type: 'echo', dependsOn: ['look'], input: { seen: '${look.output}' } }],
});
const PLACED = placed(LOOK);
const SEEN = { seen: { list: [[1], '${n}', null], text: '${raw}', one: [1] } };

const STEPS = ['a', 'b', 'c', 'd', 'e'];
const WHOLE = {
  name: 'whole',
  variables: { base: 3 },
  tasks: [
    {
      id: 'survey',
      type: 'parallel',
      placement: { node: 'edge-1', lifetime: '2h' },
      input: {
        tasks: STEPS.map((id, index) => ({
          id,
          type: 'echo',
          input: { n: index === 0 ? '${base}' : `\${${STEPS[index - 1]}.output.n + 1}` },
          ...(index > 0 && { dependsOn: [STEPS[index - 1]!] }),
        })),
      },
    },
  ],
  output: '${survey.output.e.n}',
} satisfies JsonObject;

describe('a placed task', () => {
  it('runs on the node that it was placed on, with its input as it stands, and its answer ends the wait', async () => {
    await open([HUB, CAMERA]);
    const id = await start(PLACED);
    await members.untilQuiet();
    expect(await members.execution('hub', id)).toMatchObject({ status: 'SUCCEEDED', output: SEEN });
    expect(await task(id, 'look')).toMatchObject({ nodeId: 'edge-1', attempt: 1 });
    const [placed] = (await members.events('hub', id)).filter(({ type }) => type === 'task.placed');
    expect(placed).toMatchObject({
      taskId: 'look',
      attempt: 1,
      data: { node: 'edge-1', reason: 'chose edge-1: hub lacks camera', path: ['hub', 'edge-1'] },
    });
    const [work] = await members.works('edge-1');
    expect(work).toMatchObject({
      kind: 'task',
      status: 'SUCCEEDED',
      answered: true,
      origin: { node: 'hub' },
    });
    expect(members.carried).toEqual(['hub start edge-1', 'edge-1 ended hub']);
    expect(members.learned).toEqual(['edge-1 echo']);
    expect(members.violations).toEqual([]);
  });

  it('goes to another node after it failed on one, and says so', async () => {
    const failing: TaskHandler = () => {
      throw new Error('no light');
    };
    await open([HUB, { ...CAMERA, handlers: { echo: failing } }, SPARE], { delaysMs: { 'edge-2': 60_000 } });
    const id = await start(placed({ ...LOOK, retry: { maxAttempts: 3 } }));
    await members.untilQuiet();
    expect(await members.execution('hub', id)).toMatchObject({ status: 'SUCCEEDED', output: SEEN });
    expect(await task(id, 'look')).toMatchObject({ nodeId: 'edge-2', attempt: 2, failures: 1 });
    const events = await members.events('hub', id);
    const told = events.flatMap(({ type, data }) =>
      type === 'task.placed' || type === 'task.attempt-failed' ? [data] : [],
    );
    expect(told).toMatchObject([
      { node: 'edge-1', reason: 'chose edge-1 over edge-2: arrives 2 m sooner' },
      { error: 'Error', cause: 'no light', healing: 'reroute', node: 'edge-1' },
      { node: 'edge-2', reason: 'chose edge-2: hub lacks camera, edge-1 failed at it before' },
    ]);
  });

  it('fails with the error of the node where trying again can not help', async () => {
    const refusing: TaskHandler = () => {
      throw new PermanentFailure('no such film');
    };
    await open([HUB, { ...CAMERA, handlers: { echo: refusing } }, SPARE]);
    const id = await start({
      name: 'once',
      tasks: [{ ...LOOK, input: {}, node: 'edge-1', retry: { maxAttempts: 5 } }],
    });
    await members.untilQuiet();
    expect(await members.execution('hub', id)).toMatchObject({
      status: 'FAILED',
      errors: [{ error: 'PermanentFailure', cause: 'no such film', taskId: 'look', attempt: 1 }],
    });
  });

  it('goes to another node where the first does not answer in time, and what the first says later changes nothing', async () => {
    await open([HUB, CAMERA, SPARE], { delaysMs: { 'edge-2': 1000 } });
    members.cut.add('edge-1');
    const { capability: _, ...rest } = LOOK;
    const placement = { capabilities: ['camera'], lifetime: '10m' };
    const id = await start(placed({ ...rest, placement, retry: { maxAttempts: 2 } }));
    await members.pass(11 * 60_000);
    members.cut.delete('edge-1');
    await members.untilQuiet();
    expect(await members.execution('hub', id)).toMatchObject({ status: 'SUCCEEDED', output: SEEN });
    const healed = (await members.events('hub', id)).find(({ type }) => type === 'task.attempt-failed');
    expect(healed!.data).toMatchObject({
      error: 'NodeUnreachable',
      cause: 'edge-1 did not answer within 600000 ms',
      healing: 'reroute',
    });
    expect(members.carried).toContain('hub cancel edge-1');
    expect(await members.works('edge-2')).toMatchObject([{ status: 'SUCCEEDED' }]);
    const [late] = await members.works('edge-1');
    expect(['CANCELLED', 'SUCCEEDED']).toContain(late!.status);
  });

  it('goes to another node where the first does not offer its type any more', async () => {
    await open([HUB, { ...CAMERA, handlers: {} }, SPARE], { delaysMs: { 'edge-2': 60_000 } });
    const id = await start(placed({ ...LOOK, retry: { maxAttempts: 2 } }));
    await members.untilQuiet();
    expect(await members.execution('hub', id)).toMatchObject({ status: 'SUCCEEDED', output: SEEN });
    const healed = (await members.events('hub', id)).find(({ type }) => type === 'task.attempt-failed');
    expect(healed!.data).toMatchObject({
      error: 'TaskTypeNotOffered',
      cause: 'edge-1 does not offer the type "echo" any more',
      healing: 'reroute',
      node: 'edge-1',
    });
    expect(await members.works('edge-1')).toEqual([]);
  });

  it('goes to another node at once where its way to the first is refused for good', async () => {
    await open([HUB, CAMERA, SPARE], { delaysMs: { 'edge-2': 60_000 } });
    members.refusing.set('edge-1', 'edge-1 refused it: no-key: it has none');
    const id = await start(placed({ ...LOOK, retry: { maxAttempts: 2 } }));
    await members.untilQuiet();
    const ended = await members.execution('hub', id);
    expect(ended).toMatchObject({ status: 'SUCCEEDED', output: SEEN });
    expect(ended!.endedMs! - ended!.submittedMs).toBeLessThan(30_000);
    expect(await task(id, 'look')).toMatchObject({ nodeId: 'edge-2', attempt: 2, failures: 1 });
    expect(members.violations).toEqual([]);
  });

  it('fails with the node and its reason where there is no other, and takes no report twice', async () => {
    await open([HUB, CAMERA]);
    members.refusing.set('edge-1', 'edge-1 refused it: too-large: it is');
    const id = await start({ name: 'once', tasks: [{ ...LOOK, input: {} }] });
    await members.untilQuiet();
    const cause = 'edge-1 was not reached: hub gave the work up: edge-1 refused it: too-large: it is';
    expect(await members.execution('hub', id)).toMatchObject({
      status: 'FAILED',
      errors: [{ error: 'NodeUnreachable', cause, taskId: 'look', attempt: 1 }],
    });
    const failures = (await members.events('hub', id)).filter(({ type }) => type === 'task.failed');
    expect(failures).toHaveLength(1);
    expect(members.violations).toEqual([]);
  });

  it('is parked with the reason of each node where none can run it, and goes on once one can', async () => {
    await open([HUB, CAMERA]);
    const id = await start({ name: 'deep', tasks: [{ id: 'dive', type: 'echo', capabilities: ['sonar'] }] });
    await members.untilQuiet();
    expect(await task(id, 'dive')).toMatchObject({
      status: 'PARKED',
      unplaced: true,
      reason: expect.stringContaining(
        'no node can run what needs sonar: edge-1 lacks sonar, hub lacks sonar.',
      ),
    });
    await members.ask('hub', (_, store) =>
      store.network.change(({ nodes }) => ({
        nodes: nodes.map((node) => ({ ...node, capabilities: ['sonar'] })),
      })),
    );
    await members.ask('hub', (engine) => engine.placeAgain());
    await members.untilQuiet();
    expect(await members.execution('hub', id)).toMatchObject({ status: 'SUCCEEDED' });
    expect(await task(id, 'dive')).toMatchObject({ nodeId: undefined });
  });
});

describe('a placed sub-workflow', () => {
  it('runs at its node as a whole', async () => {
    await open([HUB, CAMERA]);
    const id = await start(WHOLE);
    await members.untilQuiet();
    expect(await members.execution('hub', id)).toMatchObject({ status: 'SUCCEEDED', output: 7 });
    const [work] = await members.works('edge-1');
    expect(work).toMatchObject({ kind: 'child', status: 'SUCCEEDED', total: 5 });
    expect(members.carried).toEqual(['hub start edge-1', 'edge-1 ended hub']);
  });

  it('keeps running while it is cut off, and answers when it is back', async () => {
    await open([HUB, CAMERA]);
    const id = await start(WHOLE);
    while ((await members.works('edge-1')).length === 0) await members.pass(100);
    members.cut.add('edge-1');
    await members.pass(30 * 60_000);
    expect(await members.works('edge-1')).toMatchObject([{ status: 'SUCCEEDED' }]);
    expect(await members.execution('hub', id)).toMatchObject({ status: 'RUNNING' });
    members.cut.delete('edge-1');
    await members.untilQuiet();
    expect(await members.execution('hub', id)).toMatchObject({ status: 'SUCCEEDED', output: 7 });
  });
});

describe('a cancel', () => {
  const WAITS = {
    name: 'waits',
    tasks: [
      {
        id: 'hold',
        type: 'parallel',
        node: 'edge-1',
        input: { tasks: [{ id: 'long', type: 'wait', input: { seconds: 3600 } }] },
      },
    ],
  } satisfies JsonObject;

  it('reaches what runs for it on another node', async () => {
    await open([HUB, CAMERA]);
    const id = await start(WAITS);
    await members.pass(2000);
    expect(await members.works('edge-1')).toMatchObject([{ status: 'RUNNING' }]);
    await members.ask('hub', (engine) => engine.operations.cancel(id));
    await members.pass(2000);
    expect(await members.works('edge-1')).toMatchObject([{ status: 'CANCELLED', answered: true }]);
    await members.untilQuiet();
    expect(await members.execution('hub', id)).toMatchObject({ status: 'CANCELLED' });
    expect(members.violations).toEqual([]);
  });

  it.each([1, 2, 3, 4, 5, 6])('may overtake the start of what it cancels (seed %i)', async (seed) => {
    await open([HUB, CAMERA], {}, seed);
    members.cut.add('edge-1');
    const id = await start(WAITS);
    await members.pass(2000);
    await members.ask('hub', (engine) => engine.operations.cancel(id));
    members.cut.delete('edge-1');
    await members.untilQuiet();
    expect(await members.works('edge-1')).toMatchObject([{ status: 'CANCELLED' }]);
    expect(members.violations).toEqual([]);
  });

  it('of another node ends nothing', async () => {
    await open([HUB, CAMERA, SPARE]);
    const id = await start(WAITS);
    await members.pass(2000);
    const [work] = await members.works('edge-1');
    const { worker, takeAnswer } = members.host('edge-1').engine;
    await expect(members.drive(worker!.cancel('edge-2', work!.id))).rejects.toMatchObject({
      name: 'Conflict',
    });
    expect(await members.works('edge-1')).toMatchObject([{ status: 'RUNNING' }]);
    const parent = { executionId: id, taskId: 'hold', attempt: 1, run: 1 };
    const forged = { id: work!.id, parent, result: { ok: true, output: 'forged' } } as const;
    expect(await members.drive(members.host('hub').engine.takeAnswer('edge-2', forged))).toBe(false);
    expect(await members.drive(takeAnswer('hub', forged))).toBe(false);
    expect(await task(id, 'hold')).toMatchObject({ status: 'WAITING' });
  });
});

describe('a crash at any step of either host', () => {
  const both = [HUB, CAMERA];

  async function outcome(document: JsonObject, crashes: Record<string, CrashPoint>) {
    await open(both, { crashes });
    const id = await start(document);
    await members.untilQuiet();
    const execution = await members.execution('hub', id);
    const works = await members.works('edge-1');
    const events = await members.events('hub', id);
    const ends = events.filter(({ type }) => type === 'task.succeeded').map(({ taskId }) => taskId);
    const facts = {
      status: execution!.status,
      output: execution!.output,
      ends,
      works: works.map(({ status, answered }) => `${status} ${answered}`),
      carried: members.carried,
      violations: members.violations,
    };
    const calls = new Map(['hub', 'edge-1'].map((host) => [host, members.host(host).calls]));
    members.close();
    return { facts, calls };
  }

  it.each([
    ['a task', PLACED, 1],
    ['a sub-workflow of five tasks', WHOLE, 2],
  ])(
    'leaves %s done once and answered',
    async (_, document, every) => {
      const { facts: expected, calls } = await outcome(document, {});
      expect(expected).toMatchObject({ status: 'SUCCEEDED', works: ['SUCCEEDED true'], violations: [] });
      let crashes = 0;
      for (const [host, most] of calls) {
        expect(most).toBeGreaterThan(20);
        for (let call = 1; call <= most; call += every)
          for (const side of ['before', 'after'] as const) {
            const { facts } = await outcome(document, { [host]: { call, side } });
            expect(facts, `${host} ${side} ${call}`).toEqual(expected);
            crashes++;
          }
      }
      expect(crashes).toBeGreaterThan(80);
    },
    240_000,
  );
});
