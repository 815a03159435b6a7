import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Transfer } from '../../core/custody/transfer.ts';
import { QUEUES_BUNDLES_MAX, queuesOf } from '../../core/custody/queues.ts';
import { noTotals } from '../../core/custody/totals.ts';
import type { TransferFilter } from '../../core/ports/custody-store.ts';
import { bytesOf, hopTo, T0, transfer } from '../ports/custody-fixtures.ts';
import { apiClient } from './api-client.ts';
import { type ApiHost, openApiHost } from './api-host.ts';

describe('GET /queues', () => {
  let host: ApiHost;
  let call: ReturnType<typeof apiClient>;
  beforeAll(async () => {
    host = await openApiHost();
    call = apiClient(host);
  });
  afterAll(() => host.close());

  const accept = (id: string, changes: Partial<Transfer> = {}) =>
    host.custody.accept(transfer(id, changes), bytesOf(100));

  test('is empty while nothing is in custody', async () => {
    const { status, body } = await call('GET', '/queues');
    expect(status).toBe(200);
    expect(body).toMatchObject({ node: 'hub', queues: [], isPartial: false });
    expect(body.totals.accepted).toEqual({ bundles: 0, bytes: 0 });
    expect((await call('GET', '/')).body.links.queues).toBe('/queues');
    expect((await call('GET', '/queues?to=edge-1')).status).toBe(400);
  });

  test('tells by neighbour, link and precedence what waits, and why', async () => {
    const hop = hopTo('relay');
    await accept('late', { acceptedMs: T0 + 5000, reason: 'no channel works' });
    await accept('first', { reason: 'suppressed' });
    await accept('booked', { destination: 'edge-2', state: 'booked', hop, precedence: 'flash' });
    await accept('sooner', {
      state: 'booked',
      hop: hopTo('relay', { departMs: T0 + 1000 }),
      precedence: 'flash',
    });
    await accept('gone', { state: 'released', hop, precedence: 'deferred', attempt: 1 });
    await accept('done');

    await host.custody.change({
      bundleId: 'done',
      expect: { states: ['waiting'] },
      set: { state: 'acknowledged', endedMs: T0 },
    });
    const { body } = await call('GET', '/queues');
    expect(body.queues).toEqual([
      {
        to: 'edge-1',
        precedence: 'routine',
        bundles: 2,
        bytes: 200,
        waiting: 2,
        booked: 0,
        released: 0,
        oldestAt: '2026-11-21T12:00:00.000Z',
        oldestMs: T0,
        reason: 'suppressed',
      },
      expect.objectContaining({
        to: 'relay',
        link: 'hub-relay',
        channel: 'satellite',
        precedence: 'flash',
        booked: 2,
        nextContactAt: '2026-11-21T12:00:01.000Z',
        nextContactMs: T0 + 1000,
      }),
      expect.objectContaining({ to: 'relay', precedence: 'deferred', booked: 0, released: 1 }),
    ]);
    expect(body.queues[2]).not.toHaveProperty('nextContactMs');
    expect(body.totals).toMatchObject({
      accepted: { bundles: 6, bytes: 600 },
      waiting: { bundles: 2, bytes: 200 },
      booked: { bundles: 2 },
      released: { bundles: 1 },
      acknowledged: { bundles: 1 },
    });
  });
});

test('looks at the most urgent of too many bundles, and says so', async () => {
  let asked = 0;
  const endless = {
    open: async ({ limit = 0 }: TransferFilter & { limit?: number } = {}) => {
      asked += limit;
      return { transfers: Array.from({ length: limit }, (_, at) => transfer(`b${at}`)), cursor: 'more' };
    },
    totals: async () => noTotals(),
  };
  const { queues, isPartial } = await queuesOf({ node: 'hub', custody: endless, clock: { now: () => T0 } });
  expect([queues[0]!.bundles, isPartial, asked]).toEqual([QUEUES_BUNDLES_MAX, true, QUEUES_BUNDLES_MAX]);
});
