import { describe, expect, test } from 'vitest';
import { readDelta, runLoad } from '../../bench/network/delta.ts';
import { bundlesOf, readTraffic } from '../../bench/network/dtnsim.ts';
import { expectedWaits, measureFlash, measureFloor, measureWaits } from '../../bench/network/queues.ts';

describe('the queue of a thin link', () => {
  test('knows the waits that the formula gives', () => {
    const waits = expectedWaits([0.02, 0.08, 0.2, 0.3], 1).map((wait) => Number(wait.toFixed(3)));
    expect(waits).toEqual([0.306, 0.34, 0.476, 1.071]);
  });

  test('lets messages of each precedence wait as long as non-preemptive priority does', () => {
    for (const services of ['unit', 'exponential'] as const)
      for (const { error, precedence } of measureWaits(200_000, services, 5))
        expect(error, precedence).toBeLessThan(0.05);
  });

  test('lets flash wait for one fragment and the flash before it at most, at 300 % load', () => {
    const { flash, beyond, worst } = measureFlash(20_000, 6);
    expect(flash).toBeGreaterThan(1000);
    expect(beyond).toBe(0);
    expect(worst).toBeGreaterThan(0.5);
  });

  test('gives routine its floor at 300 % load, whatever floods the link', () => {
    for (const { share, floor, flood } of measureFloor(15_000, 7))
      expect(share, flood).toBeGreaterThanOrEqual(floor);
  });
});

describe('the traffic of an OMNeT++ ini', () => {
  test('is that of the nodes that are enabled', () => {
    const { destinations, endMs } = readTraffic(
      `sim-time-limit = 50s\n dtnsim.node[2..3].app.enable=true\n dtnsim.node[2].app.destinationEid="7"\n dtnsim.node[3].app.destinationEid = "8" # why\n dtnsim.node[4].app.destinationEid="9"\n`,
    );
    expect([...destinations]).toEqual([
      ['2', '7'],
      ['3', '8'],
    ]);
    expect(endMs).toBe(50_000);
    const bundles = bundlesOf({ sizeBytes: 5, perNode: 2, intervalSeconds: 10 }, destinations);
    expect(bundles.map(({ id, to, readyMs }) => `${id} to ${to} at ${readyMs}`)).toEqual([
      '2-0 to 7 at 0',
      '3-0 to 8 at 0',
      '2-1 to 7 at 10000',
      '3-1 to 8 at 10000',
    ]);
  });
});

const delta = readDelta();
describe.skipIf(!delta)('plan Delta (needs ../shared/data)', () => {
  const loads = delta?.published.filter(({ sent }) => sent <= 1000) ?? [];
  test.each(loads)('delivers as much as published at least, and as soon by the same clock: %j', (load) => {
    const { delivered, meanDelaySeconds } = runLoad(delta!, load, 'first-bit');
    expect(delivered).toBeGreaterThanOrEqual(load.delivered);
    expect(meanDelaySeconds).toBeLessThanOrEqual(load.meanDelaySeconds);
  });

  test('delivers all of the largest bundles, transmission counted at every hop', () => {
    const { delivered, meanDelaySeconds } = runLoad(
      delta!,
      { sizeBytes: 10_000, perNode: 10, intervalSeconds: 3600 },
      'last-bit',
    );
    expect(delivered).toBe(1000);
    expect(meanDelaySeconds).toBeLessThan(2825);
  });
});
