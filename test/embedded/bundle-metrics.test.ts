import { expect, test } from 'vitest';
import { queuesOf } from '../../core/custody/queues.ts';
import type { Decision } from '../../core/failover/failover.ts';
import { openStore } from '../../adapters/embedded/store.ts';
import { createBundleMetrics } from '../../embedded/bundle-metrics.ts';
import { openHost } from '../../embedded/host.ts';
import { createLogger } from '../../embedded/log.ts';
import { bytesOf, hopTo, T0, transfer } from '../ports/custody-fixtures.ts';

const PREFIX = 'resilient_orchestrator_';

/** The real ledger; what decides on channels is played. */
function openLedger() {
  const store = openStore({ dataDir: ':memory:' });
  const { custody } = store;
  const close = () => store.close();
  const listeners: ((to: string, decision: Decision) => void)[] = [];
  const render = createBundleMetrics({
    queues: () => queuesOf({ node: 'hub', custody, clock: { now: () => T0 } }),
    onDecision: (listener) => void listeners.push(listener),
  });
  const decide = (kind: Decision['kind'], from?: Decision['from'], to?: Decision['to']) => {
    const decision = { kind, from, to, atMs: T0, precedences: ['routine'], isPlanned: false, reason: '' };
    for (const listener of listeners) listener('edge-1', decision as Decision);
  };
  const metrics = async () =>
    Object.fromEntries(
      (await render())
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('#'))
        .map((line) => {
          const at = line.lastIndexOf(' ');
          return [line.slice(PREFIX.length, at), Number(line.slice(at + 1))];
        }),
    );
  return { custody, close, decide, metrics, render };
}

test('counts switches of channels, and nothing else that is decided', async () => {
  const { close, decide, metrics, render } = openLedger();
  expect(await render()).toContain(`# TYPE ${PREFIX}failovers_total counter\n`);
  decide('start', undefined, 'primary');
  decide('prepare', 'primary', 'satellite');
  decide('failover', 'primary', 'satellite');
  decide('return', 'satellite', 'primary');
  decide('failover', 'primary', 'satellite');
  decide('outage', 'satellite');
  const counted = Object.entries(await metrics()).filter(([name]) => name.startsWith('failovers_total'));
  expect(counted).toEqual([
    ['failovers_total{to="edge-1",from="primary",channel="satellite",kind="failover"}', 2],
    ['failovers_total{to="edge-1",from="satellite",channel="primary",kind="return"}', 1],
  ]);
  close();
});

test('tells how many bundles wait for a satellite, down to none', async () => {
  const { custody, close, metrics } = openLedger();
  const depth = 'satellite_queue_depth{to="edge-1",link="hub-edge-1",precedence="flash"}';
  const hop = hopTo('edge-1');
  await custody.accept(transfer('a', { state: 'booked', hop, precedence: 'flash' }), bytesOf(100));
  await custody.accept(
    transfer('b', { state: 'booked', hop: hopTo('edge-1', { channel: 'primary', link: 'p' }) }),
    bytesOf(100),
  );
  await custody.accept(transfer('c'), bytesOf(100));
  expect(await metrics()).toEqual({
    [depth]: 1,
    'bundles_total{state="accepted"}': 3,
    'bundles_total{state="acknowledged"}': 0,
    'bundles_total{state="expired"}': 0,
    'bundles_total{state="dead"}': 0,
    'bundles_current{state="waiting"}': 1,
    'bundles_current{state="booked"}': 2,
    'bundles_current{state="released"}': 0,
    'bundle_bytes_current{state="waiting"}': 100,
    'bundle_bytes_current{state="booked"}': 200,
    'bundle_bytes_current{state="released"}': 0,
  });
  const over = { state: 'acknowledged', endedMs: T0 } as const;
  await custody.change({ bundleId: 'a', expect: { states: ['booked'] }, set: over });
  expect(await metrics()).toMatchObject({
    [depth]: 0,
    'bundles_total{state="acknowledged"}': 1,
    'bundles_current{state="booked"}': 1,
  });
  close();
});

test('stands among the metrics of the host', async () => {
  const host = await openHost({ dataDir: ':memory:', port: 0, logger: createLogger('silent') });
  const message = { id: 'm', to: 'edge-1', service: 'work', payload: new Uint8Array(10) };
  await host.orchestrator.carrier.send({ ...message, precedence: 'flash', lifetimeMs: 60_000 });
  const text = await (await fetch(`${host.url}/metrics`)).text();
  expect(text).toContain(`\n${PREFIX}bundles_current{state="waiting"} 1\n`);
  expect(text).toContain(`\n# TYPE ${PREFIX}satellite_queue_depth gauge\n`);
  await host.close();
});
