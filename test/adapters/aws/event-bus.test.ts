import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { afterEach, describe, expect, test } from 'vitest';
import { BATCH_LIMITS, EventBridgeBus } from '../../../adapters/aws/event-bus.ts';
import { TRIES_MAX } from '../../../adapters/aws/retry.ts';
import { StoreUnavailable } from '../../../core/errors.ts';
import type { HoldfastEvent } from '../../../core/event/event.ts';
import { type Call, instantClock, latest, refusal, serve, type Service } from './service.ts';

let service: Service;
afterEach(() => service.close());

interface Entry {
  Source: string;
  DetailType: string;
  Detail: string;
  EventBusName: string;
  Time: number;
}

async function bus(answer: (entries: Entry[], nth: number) => object = takeAll) {
  service = await serve(({ body }) => ({ body: answer(body.Entries as Entry[], service.calls.length) }));
  const client = new EventBridgeClient(service.settings);
  return new EventBridgeBus({ client, busName: 'holdfast', clock: instantClock(), random: latest });
}

const takeAll = (entries: Entry[]) => ({
  FailedEntryCount: 0,
  Entries: entries.map((_, n) => ({ EventId: `e${n}` })),
});
const event = (seq: number, data?: HoldfastEvent['data']): HoldfastEvent => ({
  executionId: 'ex_1',
  seq,
  atMs: 1_700_000_000_000,
  type: 'execution.succeeded',
  ...(data && { data }),
});
const seqs = ({ body }: Call) =>
  (body.Entries as Entry[]).map(({ Detail }) => (JSON.parse(Detail) as HoldfastEvent).seq);

describe('EventBridgeBus', () => {
  test('publishes an event as its detail, under its type', async () => {
    await (await bus()).publish([event(1, { reason: 'done' })]);
    expect(service.of('PutEvents')[0]!.body).toEqual({
      Entries: [
        {
          Source: 'holdfast',
          DetailType: 'execution.succeeded',
          Detail: JSON.stringify(event(1, { reason: 'done' })),
          EventBusName: 'holdfast',
          Time: 1_700_000_000,
        },
      ],
    });
  });

  test('publishes ten at once', async () => {
    await (await bus()).publish(Array.from({ length: 12 }, (_, n) => event(n + 1)));
    expect(service.calls.map((call) => seqs(call).length)).toEqual([10, 2]);
  });

  test('publishes no more bytes at once than EventBridge takes', async () => {
    const data = { text: 'x'.repeat(100 * 1024) };
    await (await bus()).publish([1, 2, 3].map((seq) => event(seq, data)));
    expect(service.calls.map(seqs)).toEqual([[1, 2], [3]]);
  });

  test('publishes an event that is too large without its data, and says so', async () => {
    await (await bus()).publish([event(1, { text: 'é'.repeat(BATCH_LIMITS.bytesMax / 2) })]);
    const [entry] = service.calls[0]!.body.Entries as Entry[];
    expect(JSON.parse(entry!.Detail)).toEqual({ ...event(1), dataOmitted: true });
  });

  test('publishes again what was turned away, and only that', async () => {
    const some = await bus((entries, nth) =>
      nth > 1
        ? takeAll(entries)
        : {
            FailedEntryCount: 2,
            Entries: entries.map((_, n) =>
              n === 1 ? { EventId: 'e' } : { ErrorCode: 'ThrottlingException', ErrorMessage: 'slow' },
            ),
          },
    );
    await some.publish([1, 2, 3].map((seq) => event(seq)));
    expect(service.calls.map(seqs)).toEqual([
      [1, 2, 3],
      [1, 3],
    ]);
  });

  test('fails as unavailable when it is turned away too often', async () => {
    const none = await bus((entries) => ({
      FailedEntryCount: entries.length,
      Entries: entries.map(() => ({ ErrorCode: 'InternalFailure', ErrorMessage: 'oh' })),
    }));
    await expect(none.publish([event(1)])).rejects.toThrow(
      /EventBridge did not take 1 of 1 events: InternalFailure: oh/,
    );
    expect(service.calls).toHaveLength(TRIES_MAX);
  });

  test('fails as unavailable when the whole request is', async () => {
    service = await serve(() => refusal('InternalException', 'oh', 500));
    const client = new EventBridgeClient(service.settings);
    const none = new EventBridgeBus({ client, busName: 'b', clock: instantClock(), random: latest });
    await expect(none.publish([event(1)])).rejects.toThrow(StoreUnavailable);
  });
});
