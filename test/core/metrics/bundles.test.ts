import { expect, test } from 'vitest';
import { noTotals } from '../../../core/custody/totals.ts';
import { bundlesText } from '../../../core/metrics/bundles.ts';

test('numbers of bundles that are kept are told as text, a sample a kind of switch, queue and state', () => {
  const totals = noTotals();
  totals.accepted = { bundles: 3, bytes: 300 };
  totals.booked = { bundles: 2, bytes: 200 };
  const queue = {
    to: 'edge',
    link: 'leo',
    channel: 'satellite',
    precedence: 'flash',
    bundles: 2,
    bytes: 200,
    oldestMs: 0,
    waiting: 0,
    booked: 2,
    released: 0,
    reason: '',
  } as const;
  const switches = [{ node: 'edge', kind: 'failover', from: 'primary', to: 'satellite', count: 4 }] as const;
  const lines = bundlesText(switches, { queues: [queue, { ...queue, channel: 'primary' }], totals })
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#') && !line.endsWith(' 0'));
  expect(lines).toEqual([
    'resilient_orchestrator_failovers_total{to="edge",from="primary",channel="satellite",kind="failover"} 4',
    'resilient_orchestrator_satellite_queue_depth{to="edge",link="leo",precedence="flash"} 2',
    'resilient_orchestrator_bundles_total{state="accepted"} 3',
    'resilient_orchestrator_bundles_current{state="booked"} 2',
    'resilient_orchestrator_bundle_bytes_current{state="booked"} 200',
  ]);
});
