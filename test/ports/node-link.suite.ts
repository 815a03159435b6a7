/** What every `NodeLink` keeps to. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InvalidInput, PayloadTooLarge } from '../../core/errors.ts';
import { downTopic } from '../../core/node/topics.ts';
import type { NodeLink } from '../../core/ports/node-link.ts';

/** A link, and somebody who hears what every node is told. */
export interface LinkUnderTest {
  link: NodeLink;
  /** What came on a topic so far, once there are `count`. */
  heard(topic: string, count: number): Promise<Uint8Array[]>;
  close(): Promise<void>;
}

export function nodeLinkSuite(name: string, open: () => Promise<LinkUnderTest>): void {
  describe(`${name} as NodeLink`, () => {
    let under: LinkUnderTest;
    beforeAll(async () => {
      under = await open();
    });
    afterAll(() => under.close());

    it('tells a node on its own topic, byte for byte', async () => {
      const payload = Uint8Array.from({ length: 256 }, (_, n) => n);
      await under.link.send('edge-1', 'tasks', payload);
      expect(await under.heard(downTopic('edge-1', 'tasks'), 1)).toEqual([payload]);
    });

    it('tells no other node', async () => {
      for (const nodeId of ['edge-2', 'edge-3']) {
        await under.link.send(nodeId, 'tasks', new TextEncoder().encode(nodeId));
      }
      for (const nodeId of ['edge-2', 'edge-3']) {
        const heard = await under.heard(downTopic(nodeId, 'tasks'), 1);
        expect(heard.map((bytes) => new TextDecoder().decode(bytes))).toEqual([nodeId]);
      }
    });

    it('refuses more than 128 KB', async () => {
      const sent = under.link.send('edge-4', 'tasks', new Uint8Array(128 * 1024 + 1));
      await expect(sent).rejects.toThrow(PayloadTooLarge);
    });

    it.each([
      ['edge/4', 'tasks'],
      ['+', 'tasks'],
      ['edge-4', 'tasks/all'],
      ['edge-4', '#'],
    ])('refuses the node %j with the channel %j', async (nodeId, channel) => {
      await expect(under.link.send(nodeId, channel, new Uint8Array(1))).rejects.toThrow(InvalidInput);
    });
  });
}
