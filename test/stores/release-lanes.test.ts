import { CreateQueueCommand, DeleteQueueCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, it } from 'vitest';
import { ItemTable } from '../../adapters/aws/item-table.ts';
import { LaneLeases } from '../../adapters/aws/lane-leases.ts';
import { SqsReleaseLanes, type SqsReleaseLanesOptions } from '../../adapters/aws/release-lanes.ts';
import { SystemClock } from '../../adapters/system/clock.ts';
import { SystemRandom } from '../../adapters/system/random.ts';
import { NotFound } from '../../core/errors.ts';
import { type Lane, LanesBusy } from '../../core/ports/release-lanes.ts';
import { PRECEDENCES } from '../../core/satellite/precedence.ts';
import { LANE, released } from '../ports/custody-fixtures.ts';
import { drain, idsOf, releaseLanesSuite } from '../ports/release-lanes.suite.ts';
import { describeStores, emulators, localCredentials, openTable } from './dynamodb.ts';

let made = 0;

/** Lanes of their own, on queues of their own. */
async function open(slots: number) {
  const table = await openTable();
  const client = new SQSClient({ ...localCredentials, endpoint: emulators!.sqsUrl });
  const prefix = `lane-${process.pid}-${++made}`;
  const urls: string[] = [];
  for (let slot = 0; slot < slots; slot++) {
    for (const precedence of PRECEDENCES) {
      const QueueName = `${prefix}-${slot}-${precedence}.fifo`;
      const { QueueUrl } = await client.send(
        new CreateQueueCommand({ QueueName, Attributes: { FifoQueue: 'true' } }),
      );
      urls.push(QueueUrl!);
    }
  }
  const late = { ms: 0 };
  const system = new SystemClock();
  const clock = { now: () => system.now() + late.ms, sleep: (ms: number) => system.sleep(ms) };
  const pauses = { clock, random: new SystemRandom() };
  const lanesOf = (options: Partial<SqsReleaseLanesOptions> = {}) =>
    new SqsReleaseLanes({
      client,
      leases: new LaneLeases({ table: new ItemTable(table.client, table.tableName), slots, pauses }),
      queueUrls: urls[0]!.replace('-0-flash-override', '-{slot}-{precedence}'),
      pauses,
      ...options,
    });
  return {
    client,
    urls,
    lanesOf,
    lanes: lanesOf(),
    pass: (ms: number) => sleep(ms + 100),
    /** Of the clock by which leases end, not of the queues. */
    later: (ms: number) => void (late.ms += ms),
    async close() {
      for (const QueueUrl of urls) await client.send(new DeleteQueueCommand({ QueueUrl }));
      client.destroy();
      await table.close();
    },
  };
}

const of = (link: string): Lane => ({ ...LANE, link });

describeStores('Lanes on ElasticMQ', () => {
  releaseLanesSuite('SqsReleaseLanes', () => open(8));

  const opened: Awaited<ReturnType<typeof open>>[] = [];
  afterAll(() => Promise.all(opened.map((one) => one.close())));
  const openOnce = async (slots: number) => {
    const one = await open(slots);
    opened.push(one);
    return one;
  };

  it('fails as LanesBusy while as many links as there are lanes for are in contact, naming what to raise', async () => {
    const { lanes } = await openOnce(2);
    await lanes.put(of('leo-1'), [released('a')]);
    await lanes.put(of('leo-2'), [released('b')]);
    const third = lanes.put(of('leo-3'), [released('c')]);
    await expect(third).rejects.toThrow(LanesBusy);
    await expect(third).rejects.toThrow(
      'All 2 sets of lanes are in use (leo-1 to edge-1, leo-2 to edge-1), so there is none for leo-3 to edge-1.',
    );
    await expect(third).rejects.toMatchObject({ fix: expect.stringContaining('HOLDFAST_LANES') as string });
    await lanes.put({ ...of('leo-1'), precedence: 'flash' }, [released('d')]);
    await lanes.close(of('leo-1'));
    await lanes.put(of('leo-3'), [released('c')]);
    expect(await drain(lanes, of('leo-3'))).toEqual(['c']);
    expect(await drain(lanes, of('leo-2'))).toEqual(['b']);
  });

  it('find what an earlier contact left to be stale, and are held back by nothing of it', async () => {
    const { lanes } = await openOnce(1);
    const left = Array.from({ length: 12 }, (_, at) => released(`old${at}`));
    await lanes.put(of('leo-1'), [...left, released('held', { flow: 'other' })]);
    const taken = await lanes.take(of('leo-1'), 13, 30_000);
    await lanes.giveBack(
      of('leo-1'),
      taken.filter(({ flow }) => flow === 'hub'),
    );
    await lanes.close(of('leo-1'));
    await lanes.put(of('leo-2'), [released('old3'), released('new', { flow: 'other' })]);
    expect((await drain(lanes, of('leo-2'))).toSorted()).toEqual(['new', 'old3']);
    // All but what is held is deleted.
    expect(await lanes.depth(of('leo-2'))).toBe(1);
  });

  it('are free for others once nobody used them for a while, and stay with whoever does', async () => {
    const { lanes, later } = await openOnce(1);
    await lanes.put(of('leo-1'), [released('a')]);
    for (let used = 0; used < 3; used++) {
      later(8 * 60_000);
      await lanes.depth(of('leo-1'));
      await expect(lanes.put(of('leo-2'), [released('b')])).rejects.toThrow(LanesBusy);
    }
    later(16 * 60_000);
    expect(await lanes.take(of('leo-1'), 1, 1000)).toEqual([]);
    await lanes.put(of('leo-2'), [released('b')]);
    expect(await drain(lanes, of('leo-2'))).toEqual(['b']);
    await expect(lanes.put(of('leo-1'), [released('a')])).rejects.toThrow(LanesBusy);
  });

  it('lose nothing to a taker whose lease is over without its knowing', async () => {
    const { lanes, lanesOf } = await openOnce(1);
    await lanes.put(of('leo-1'), [released('a')]);
    const before = { slot: 0, number: 1 };
    const behind = lanesOf({
      leases: { find: async () => before, take: async () => before, giveBack: async () => undefined },
    });
    await lanes.close(of('leo-1'));
    await lanes.put(of('leo-2'), [released('b'), released('c')]);
    expect(idsOf(await behind.take(of('leo-1'), 1, 30_000))).toEqual(['a']);
    expect(await behind.take(of('leo-1'), 10, 30_000)).toEqual([]);
    await behind.put(of('leo-1'), [released('late')]);
    expect(await drain(lanes, of('leo-2'))).toEqual(['b', 'c']);
  });

  it('go to one link each, however many begin at once', async () => {
    const { lanesOf } = await openOnce(4);
    const links = ['leo-1', 'leo-2', 'leo-3', 'leo-4'];
    await Promise.all(
      [...links, ...links, ...links].map((link, at) => lanesOf().put(of(link), [released(`${link}/${at}`)])),
    );
    for (const link of links) {
      const came = await drain(lanesOf(), of(link));
      expect(came.map((id) => id.split('/')[0])).toEqual([link, link, link]);
    }
  });

  it('pass over what no lane put there', async () => {
    const { lanes, client, urls } = await openOnce(1);
    await lanes.put(LANE, [released('a')]);
    const QueueUrl = urls.find((url) => url.includes('routine'))!;
    for (const [at, MessageBody] of ['no JSON', 'null', '{"lease":1}', '[1]'].entries()) {
      const ids = { MessageGroupId: 'g', MessageDeduplicationId: `d${at}` };
      await client.send(new SendMessageCommand({ QueueUrl, MessageBody, ...ids }));
    }
    await lanes.put(LANE, [released('b')]);
    expect(await drain(lanes)).toEqual(['a', 'b']);
    expect(await lanes.depth(LANE)).toBe(0);
  });

  it('fails as NotFound where a queue is missing, naming the variable', async () => {
    const { lanesOf, urls } = await openOnce(1);
    const lanes = lanesOf({ queueUrls: `${urls[0]!}-{slot}-{precedence}` });
    await expect(lanes.put(LANE, [released('a')])).rejects.toThrow(NotFound);
    await expect(lanes.put(LANE, [released('a')])).rejects.toThrow(
      'SQS lacks a queue of HOLDFAST_LANE_QUEUES',
    );
  });
});
