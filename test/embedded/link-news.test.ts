import { describe, expect, onTestFinished, test } from 'vitest';
import { openStore } from '../../adapters/embedded/store.ts';
import type { Message } from '../../core/custody/message.ts';
import { linkState } from '../../core/link-health/state.ts';
import { freshState, TOLD_MS } from '../../core/network/fresh.ts';
import { linkService } from '../../embedded/link-news.ts';
import { createTellLinks } from '../../lambdas/forward/tell-links.ts';
import { HUB, LINKS, measured, store, time, useStar } from '../lambdas/forward/star.ts';

useStar();

describe('a node', () => {
  /** What its host tells it. */
  const told = async () => {
    const sent: Message[] = [];
    const send = async (message: Message) => void sent.push(message);
    await createTellLinks({ node: HUB, network: store.network, clock: time, send })();
    return sent.find(({ to }) => to === 'camp')!.payload;
  };
  const delivered = (source: string) =>
    ({ bundleId: 'b', source, precedence: 'priority', service: 'links' }) as const;

  test('keeps what it is told of links of others, which does not get stale as soon as what it measures', async () => {
    await measured('up', 'hub-camp', 'camp-ridge');
    await measured('down', 'hub-ridge');
    const payload = await told();
    let changes = 0;
    const own = openStore({ dataDir: ':memory:', clock: time });
    await own.network.change(() => ({ links: LINKS }));
    const take = linkService({ node: 'camp', from: HUB, network: own.network, changed: () => changes++ });
    await take(payload, delivered(HUB));
    expect(changes).toBe(1);
    const states = async (afterMs: number) =>
      (await own.network.linkStates()).map((state) => {
        const { linkId, status, isTold } = freshState(state, time.now() + afterMs);
        return [linkId, status, isTold];
      });
    expect(await states(TOLD_MS)).toEqual([['hub-ridge', 'down', true]]);
    expect(await states(TOLD_MS + 1)).toEqual([['hub-ridge', 'up', true]]);
    own.close();
  });

  test('knows its own links better than its host', async () => {
    const news = {
      atMs: time.now(),
      states: ['hub-camp', 'camp-ridge'].map((linkId) => ({ ...linkState('down'), linkId })),
    };
    const payload = new TextEncoder().encode(JSON.stringify(news));
    const take = linkService({ node: 'camp', from: HUB, network: store.network, changed: () => undefined });
    await take(payload, delivered(HUB));
    expect(await store.network.linkStates()).toEqual([]);
  });

  test('may be told of a link before it is told that there is one', async () => {
    await measured('up', 'hub-camp');
    await measured('down', 'hub-ridge');
    const payload = await told();
    const own = openStore({ dataDir: ':memory:', clock: time });
    onTestFinished(() => own.close());
    const take = linkService({ node: 'camp', from: HUB, network: own.network, changed: () => undefined });
    await take(payload, delivered(HUB));
    await own.network.change(() => ({ links: LINKS }));
    expect(await own.network.linkStates()).toMatchObject([{ linkId: 'hub-ridge', status: 'down' }]);
    await own.network.change(() => ({ links: [] }));
    expect(await own.network.linkStates()).toEqual([]);
  });

  test('refuses what is told by another, or can not be', async () => {
    await measured('up', 'hub-camp', 'hub-ridge');
    const take = linkService({ node: 'camp', from: HUB, network: store.network, changed: () => undefined });
    const payload = await told();
    await expect(take(payload, delivered('ridge'))).rejects.toThrow('"ridge" tells of the network');
    for (const text of ['[', '{}', '{"atMs":1,"states":[{"linkId":"hub-ridge","status":"gone"}]}'])
      await expect(take(new TextEncoder().encode(text), delivered(HUB))).rejects.toMatchObject({
        kind: 'invalid',
      });
  });
});
