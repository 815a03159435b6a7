/** What every `LinkClient` keeps to. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InvalidInput, PayloadTooLarge } from '../../core/errors.ts';
import { FRAME_BYTES_MAX } from '../../core/node/frames.ts';
import type { Channel } from '../../core/node/node.ts';
import { type LinkClient, LinkDown } from '../../core/ports/link-client.ts';

/** Links, and somebody who hears what every neighbour is told. */
export interface LinksUnderTest {
  links: LinkClient;
  /** They listen over the primary and the mesh channel. */
  neighbours: readonly string[];
  /** What came over a channel so far, once there are `count`. */
  heard(to: string, channel: Channel, count: number): Promise<Uint8Array[]>;
  close(): Promise<void>;
}

/** `seesWhoListens`: whether this side knows that nobody does. */
export function linkClientSuite(
  name: string,
  { seesWhoListens }: { seesWhoListens: boolean },
  open: () => Promise<LinksUnderTest>,
): void {
  describe(`${name} as LinkClient`, () => {
    let under: LinksUnderTest;
    beforeAll(async () => {
      under = await open();
    });
    afterAll(() => under.close());

    it('tells a neighbour over the channel that was asked for, byte for byte, and nobody else', async () => {
      const { links, neighbours } = under;
      const bytes = Uint8Array.from({ length: 256 }, (_, n) => n);
      const ways = neighbours.flatMap((to) =>
        (['primary', 'mesh'] as const).map((channel) => ({ to, channel })),
      );
      const frames = ways.map((_, n) => Uint8Array.of(n, ...bytes));
      for (const [n, { to, channel }] of ways.entries()) await links.send(to, channel, frames[n]!);
      for (const [n, { to, channel }] of ways.entries())
        expect(await under.heard(to, channel, 1)).toEqual([frames[n]]);
    });

    it('takes a frame of the most bytes, and refuses one more', async () => {
      const { links, neighbours } = under;
      const most = new Uint8Array(FRAME_BYTES_MAX).fill(7);
      await links.send(neighbours[0]!, 'primary', most);
      expect((await under.heard(neighbours[0]!, 'primary', 2)).at(-1)).toEqual(most);
      const more = links.send(neighbours[0]!, 'primary', new Uint8Array(FRAME_BYTES_MAX + 1));
      await expect(more).rejects.toThrow(PayloadTooLarge);
    });

    it.each(['edge/4', '+', '#', ''])('refuses %j, which is no id of a node', async (to) => {
      await expect(under.links.send(to, 'primary', new Uint8Array(1))).rejects.toThrow(InvalidInput);
    });

    if (seesWhoListens)
      it('refuses a neighbour that does not listen, and a channel that it does not listen on', async () => {
        const { links, neighbours } = under;
        const frame = new Uint8Array(1);
        await expect(links.send('nobody', 'primary', frame)).rejects.toThrow(LinkDown);
        await expect(links.send(neighbours[0]!, 'satellite', frame)).rejects.toThrow(LinkDown);
      });
  });
}
