import { setTimeout as sleep } from 'node:timers/promises';
import { AcceleratedClock } from '../../adapters/system/accelerated-clock.ts';
import { expect, onTestFinished, test } from 'vitest';
import type { NodeView } from '../../core/api/network-schemas.ts';
import type { Decision } from '../../core/failover/failover.ts';
import type { Channel } from '../../core/node/node.ts';
import type { EmbeddedHost } from '../../embedded/host.ts';
import { Effects, expectConserved, openNetwork, PATIENCE, until } from './network.ts';

const CHANNELS: readonly Channel[] = ['primary', 'secondary'];

/** Condition of a node by HTTP. */
async function seen({ url }: EmbeddedHost, nodeId: string): Promise<[string, string] | undefined> {
  const { condition } = (await (await fetch(`${url}/nodes/${nodeId}`)).json()) as NodeView;
  return condition && [condition.condition, condition.reasons.join('; ')];
}

test.each([
  ['cut', 'routine'],
  ['hole', 'routine'],
  ['hole', 'flash'],
] as const)(
  'a %s primary channel gives way under %s traffic, and is returned to',
  { timeout: 120_000 },
  async (state, precedence) => {
    const { hub, join, folder } = await openNetwork({ failover: { returnAfterMs: 3000 } });
    const decisions: Decision[] = [];
    hub.orchestrator.carrier.onDecision((_, decision) => decisions.push(decision));
    const effects = new Effects(folder);
    const shoot = effects.handler(async ({ n }: { n: number }) => n);
    const { networks, edge } = await join(
      'edge-1',
      { tasks: { shoot }, failover: { returnAfterMs: 3000 } },
      CHANNELS,
    );
    const placement = { capabilities: ['camera'], precedence };
    const runs: string[] = [];
    let isOver = false;
    const traffic = (async () => {
      for (let n = 0; !isOver; n++) {
        const tasks = [{ id: 'a', type: 'shoot', placement, input: { n } }];
        runs.push((await hub.orchestrator.run({ name: 'shot', tasks })).id);
        await sleep(100);
      }
    })();
    const isOf = ({ kind, precedences }: Decision) => kind !== 'prepare' && precedences.includes(precedence);
    const told = (kind: Decision['kind']) => decisions.filter((one) => one.kind === kind && isOf(one));
    const ended = async (id: string) => (await hub.orchestrator.reader.get(id))!.status === 'SUCCEEDED';

    onTestFinished(() => {
      isOver = true;
    });
    await until(() => effects.keys().length).toBeGreaterThan(3);
    // The secondary channel may have been the first that worked.
    await until(() => decisions.findLast(isOf)?.to).toBe('primary');
    decisions.length = 0;
    networks.primary.become(state);
    // By its silence, long before the connection is given up.
    const reason = expect.stringMatching(state === 'hole' ? 'nothing came back' : 'connection');
    await until(() => told('failover')).toEqual([
      expect.objectContaining({ from: 'primary', to: 'secondary', reason }),
    ]);
    const since = runs.length;
    await until(() => ended(runs[since + 3] ?? runs[0]!)).toBe(true);
    await until(() => runs.length).toBeGreaterThan(since + 3);
    await expect.poll(() => ended(runs[since + 3]!), PATIENCE).toBe(true);
    networks.primary.become('mended');
    await until(() => told('return')).toEqual([
      expect.objectContaining({ from: 'secondary', to: 'primary' }),
    ]);
    isOver = true;
    await traffic;
    for (const id of runs) expect(await hub.orchestrator.result(id)).toMatchObject({ status: 'SUCCEEDED' });
    expect([...effects.keys()].sort()).toEqual(runs.map((id) => `${id}/a`).sort());
    for (const { orchestrator } of [hub, edge])
      expect(await expectConserved(orchestrator)).toMatchObject({ dead: { bundles: 0 } });
  },
);

test('tells the condition of a node as its links go and come, once for each', {
  timeout: 120_000,
}, async () => {
  // Conditions take their time, half a minute to get better.
  const clock = new AcceleratedClock({ startMs: Date.now(), factor: 8 });
  onTestFinished(() => clock.stop());
  const { hub, join } = await openNetwork({ clock });
  const { networks } = await join('edge-1', { clock }, ['primary', 'satellite']);
  const told: (readonly [string, string])[] = [];
  let isOver = false;
  const watching = (async () => {
    while (!isOver) {
      const now = await seen(hub, 'edge-1').catch(() => undefined);
      // A machine that is busy answers probes late.
      if (now && now[0] !== 'degraded' && told.at(-1)?.[0] !== now[0]) told.push(now);
      await sleep(20);
    }
  })();
  const last = () => told.at(-1)?.[0];
  await until(last).toBe('nominal');
  networks.primary.become('cut');
  await until(last).toBe('satellite-only');
  networks.satellite.become('cut');
  await until(last).toBe('denied');
  networks.primary.become('mended');
  await until(last).toBe('nominal');
  // Longer than probes and reports take to say otherwise.
  await clock.sleep(30_000);
  isOver = true;
  await watching;
  const from = told.findIndex(([condition]) => condition === 'nominal');
  expect(told.slice(from).map(([condition]) => condition)).toEqual([
    'nominal',
    'satellite-only',
    'denied',
    'nominal',
  ]);
  expect(told.find(([condition]) => condition === 'satellite-only')![1]).toContain('primary');
});
