/** What every `MessageQueue` keeps to. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InvalidInput, PayloadTooLarge } from '../../core/errors.ts';
import type { MessageQueue, QueueMessage } from '../../core/ports/message-queue.ts';

/** A queue, and its receiving end: takes what there is, until nothing more comes, and takes it off the queue. */
export interface QueueUnderTest {
  queue: MessageQueue;
  drain(): Promise<QueueMessage[]>;
  close(): Promise<void>;
}

const message = (n: number, more: Partial<QueueMessage> = {}): QueueMessage => ({
  body: `body ${n}`,
  group: 'g',
  deduplicationId: `d${n}`,
  ...more,
});

export function messageQueueSuite(name: string, open: () => Promise<QueueUnderTest>): void {
  describe(`${name} as MessageQueue`, () => {
    let under: QueueUnderTest;
    beforeEach(async () => {
      under = await open();
    });
    afterEach(() => under.close());

    it('delivers what was sent, as it was sent', async () => {
      const sent = message(1, { body: 'é\n\t{"n": 1} 🛰', attributes: { precedence: 'flash', to: 'ß' } });
      await under.queue.send([sent]);
      expect(await under.drain()).toEqual([sent]);
    });

    it('keeps the order within each group, over any number of batches', async () => {
      const groups = ['a', 'b', 'c'];
      const all = Array.from({ length: 45 }, (_, n) => message(n, { group: groups[n % 3]! }));
      await under.queue.send(all.slice(0, 30));
      await under.queue.send(all.slice(30));
      const came = await under.drain();
      for (const group of groups) {
        const of = ({ group: one }: QueueMessage) => one === group;
        expect(came.filter(of).map(({ body }) => body)).toEqual(all.filter(of).map(({ body }) => body));
      }
    });

    it('delivers a message that is sent again once', async () => {
      const all = [message(1), message(2)];
      await under.queue.send(all);
      await under.queue.send(all);
      await under.queue.send([message(1), message(3)]);
      expect((await under.drain()).map(({ body }) => body)).toEqual(['body 1', 'body 2', 'body 3']);
    });

    it('takes any name for a group or an id, and keeps different ones apart', async () => {
      const long = `${'x'.repeat(300)} é`;
      const all = [1, 2].map((n) => message(n, { group: `${long}${n}`, deduplicationId: `${long}${n}` }));
      await under.queue.send(all);
      const came = await under.drain();
      expect(came.map(({ body }) => body).sort()).toEqual(['body 1', 'body 2']);
      expect(new Set(came.map(({ group }) => group)).size).toBe(2);
    });

    it('refuses what is not text, and what is larger than a mebibyte, and takes none of the batch', async () => {
      await expect(under.queue.send([message(1), message(2, { body: '\u0000' })])).rejects.toThrow(
        InvalidInput,
      );
      const large = message(2, { body: 'x'.repeat(1024 * 1024 + 1) });
      await expect(under.queue.send([message(1), large])).rejects.toThrow(PayloadTooLarge);
      expect(await under.drain()).toEqual([]);
    });

    it('takes a mebibyte', async () => {
      const body = 'x'.repeat(1024 * 1024);
      await under.queue.send([message(1, { body })]);
      expect((await under.drain())[0]!.body.length).toBe(body.length);
    });
  });
}
