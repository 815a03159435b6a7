import { SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, describe, expect, test } from 'vitest';
import { readContact } from '../../../adapters/aws/contact-timers.ts';
import { readErrand, SqsErrands } from '../../../adapters/aws/errands.ts';
import { readSaid } from '../../../adapters/aws/inbox.ts';
import { MemoryPayloadStore } from '../../../adapters/embedded/payload-store.ts';
import { InvalidInput, StoreUnavailable } from '../../../core/errors.ts';
import type { Errand } from '../../../core/ports/errands.ts';
import { type Answer, refusal, serve, type Service } from './service.ts';

let service: Service;
afterEach(() => service?.close());

const NOW_MS = 1_700_000_000_000;

interface Batch {
  Entries: { MessageBody: string; DelaySeconds: number }[];
}

async function queue(answer: Answer | ((batch: Batch) => Answer) = {}) {
  service = await serve(({ body }) => (typeof answer === 'function' ? answer(body as Batch) : answer));
  const payloads = new MemoryPayloadStore();
  const errands = new SqsErrands({
    client: new SQSClient({ ...service.settings, md5: false }),
    queueUrl: `${service.url}/123456789012/errands`,
    payloads,
    clock: { now: () => NOW_MS, sleep: () => Promise.resolve() },
    random: { next: () => 0.5 },
  });
  const entries = () => service.calls.flatMap(({ body }) => (body as Batch).Entries);
  return { errands, payloads, entries };
}

const message = (sizeBytes: number) =>
  ({
    id: 'start w1',
    to: 'edge',
    service: 'work',
    payload: new Uint8Array(sizeBytes).fill(7),
    precedence: 'flash',
    lifetimeMs: 60_000,
    createdMs: NOW_MS,
  }) as const;

const ERRANDS: Errand[] = [
  { type: 'accept', message: message(1000) },
  { type: 'accept', message: message(2_000_000) },
  { type: 'step', bundleId: 'b1' },
  { type: 'acknowledged', from: 'edge', channel: 'primary', bundleIds: ['b1'] },
  {
    type: 'refused',
    from: 'edge',
    refusal: { type: 'refused', bundleId: 'b1', reason: 'full', isPermanent: true },
  },
  { type: 'wake', node: 'edge' },
  { type: 'tell-links' },
  { type: 'sweep' },
];

describe('SqsErrands', () => {
  test.each(ERRANDS.map((errand) => [errand.type, errand] as const))(
    'sends what is read as it was: %s',
    async (_, errand) => {
      const { errands, payloads, entries } = await queue();
      await errands.send([errand]);
      const [{ MessageBody }] = entries() as [Batch['Entries'][number]];
      expect(MessageBody.length).toBeLessThan(1_000_000);
      expect(await readErrand(MessageBody, payloads)).toEqual(errand);
    },
  );

  test('sends ten at a time, delayed until their time in whole seconds, 15 minutes at most', async () => {
    const { errands, entries } = await queue();
    const many = Array.from({ length: 25 }, (_, n): Errand => ({ type: 'step', bundleId: `b${n}` }));
    await errands.send(many, NOW_MS + 1001);
    await errands.send(many.slice(0, 1), NOW_MS + 3_600_000);
    await errands.send(many.slice(0, 1), NOW_MS - 5);
    expect(service.calls.map(({ body }) => (body as Batch).Entries.length)).toEqual([10, 10, 5, 1, 1]);
    expect(new Set(entries().map(({ DelaySeconds }) => DelaySeconds))).toEqual(new Set([2, 900, 0]));
  });

  test('sends again what SQS did not take, and fails where it never does', async () => {
    const { errands } = await queue({
      body: { Failed: [{ Id: '0', Code: 'InternalError', SenderFault: false }] },
    });
    await expect(errands.send([{ type: 'sweep' }])).rejects.toThrow(StoreUnavailable);
    expect(service.calls.length).toBeGreaterThan(1);
  });

  test('fails as unavailable when SQS throttles', async () => {
    const { errands } = await queue(refusal('RequestThrottled', 'slow'));
    await expect(errands.send([{ type: 'sweep' }])).rejects.toThrow(StoreUnavailable);
  });
});

describe('messages of queues', () => {
  const payloads = new MemoryPayloadStore();

  test.each(['{"type":"brew"}', '"step"', 'null', '[]', 'x'])(
    'refuse what is no errand: %s',
    async (body) => {
      await expect(readErrand(body, payloads)).rejects.toThrow(InvalidInput);
    },
  );

  test('fail for a payload that is gone', async () => {
    const body = JSON.stringify({ type: 'accept', message: { payloadRef: `sha256:${'0'.repeat(64)}` } });
    await expect(readErrand(body, payloads)).rejects.toThrow(StoreUnavailable);
  });

  test('refuse what is no contact, and what no node said', () => {
    const contact = { to: 'edge', link: 'pass', startMs: 1, endMs: 2 };
    expect(readContact(JSON.stringify(contact))).toEqual(contact);
    for (const body of ['{}', 'null', 'x', JSON.stringify({ ...contact, endMs: '2' })])
      expect(() => readContact(body)).toThrow(InvalidInput);
    const said = { nodeId: 'edge', channel: 'primary', payload: 'AAE=', receivedMs: 1 };
    expect(readSaid(JSON.stringify(said))).toMatchObject({ nodeId: 'edge', bytes: new Uint8Array([0, 1]) });
    for (const body of ['{}', 'null', 'x', JSON.stringify({ ...said, payload: 1 })])
      expect(() => readSaid(body)).toThrow(InvalidInput);
  });
});
