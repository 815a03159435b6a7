import { describe, expect, test } from 'vitest';
import type { Message } from '../../../core/custody/message.ts';
import { STALE_MS, TOLD_MS } from '../../../core/network/fresh.ts';
import type { LinkNews } from '../../../core/network/link-news-schema.ts';
import { RETELL_MS, TOLD_AT_ONCE_MAX, UNUSUAL_MAX } from '../../../core/network/link-news.ts';
import { createTellLinks, LINK_NEWS_MS } from '../../../lambdas/forward/tell-links.ts';
import { HUB, link, measured, store, time, useStar } from './star.ts';

useStar();

/** A process that tells; what nodes were told is in the store. */
function telling() {
  const sent: Message[] = [];
  const tell = createTellLinks({
    node: HUB,
    network: store.network,
    clock: time,
    send: async (message) => void sent.push(message),
  });
  /** What each was told by now, and of which links. */
  const look = async () => {
    await tell();
    return sent.splice(0).map(({ to, payload }) => {
      const { states } = JSON.parse(new TextDecoder().decode(payload)) as LinkNews;
      return [to, ...states.map(({ linkId, status }) => `${linkId} ${status}`).sort()];
    });
  };
  return { look, tell, sent };
}

describe('a host', () => {
  test('tells a node of the links of others, once for each change and at most so often', async () => {
    const { look } = telling();
    await measured('up', 'hub-camp', 'camp-hub', 'hub-ridge', 'ridge-hub');
    expect(await look()).toEqual([
      ['camp', 'hub-ridge up', 'ridge-hub up'],
      ['ridge', 'camp-hub up', 'hub-camp up'],
    ]);
    await measured('down', 'ridge-hub');
    expect(await look()).toEqual([]);
    await measured('up', 'ridge-hub');
    await measured('down', 'ridge-hub');
    time.run(time.now() + LINK_NEWS_MS);
    expect(await look()).toEqual([['camp', 'ridge-hub down']]);
    time.run(time.now() + LINK_NEWS_MS);
    // Silent, and not down yet: it is used as before.
    await measured('suspect', 'hub-ridge', 'hub-camp', 'camp-hub');
    expect(await look()).toEqual([]);
  });

  test('tells of a link that is reported on no more', async () => {
    const { look } = telling();
    await measured('up', 'hub-camp', 'hub-ridge');
    await look();
    time.run(time.now() + STALE_MS + 1);
    await measured('up', 'hub-camp');
    expect(await look()).toEqual([['camp', 'hub-ridge down']]);
  });

  test('tells a node nothing while it is out of reach, and all of it afterwards', async () => {
    const { look } = telling();
    await measured('up', 'hub-camp', 'hub-ridge');
    await look();
    await measured('down', 'hub-camp');
    time.run(time.now() + LINK_NEWS_MS);
    expect(await look()).toEqual([['ridge', 'hub-camp down']]);
    await measured('down', 'hub-ridge');
    time.run(time.now() + LINK_NEWS_MS);
    expect(await look()).toEqual([]);
    await measured('up', 'hub-camp');
    expect(await look()).toEqual([['camp', 'hub-ridge down']]);
  });

  test('repeats nothing as another process over the same store', async () => {
    await measured('up', 'hub-camp', 'hub-ridge');
    expect(await telling().look()).toHaveLength(2);
    time.run(time.now() + LINK_NEWS_MS);
    expect(await telling().look()).toEqual([]);
    await measured('down', 'ridge-hub');
    expect(await telling().look()).toEqual([['camp', 'ridge-hub down']]);
    expect(await telling().look()).toEqual([]);
  });

  test('says when there is more for a node that was told just before', async () => {
    const { tell, look } = telling();
    await measured('up', 'hub-camp', 'hub-ridge');
    const toldMs = time.now();
    expect(await tell()).toBeUndefined();
    time.run(toldMs + 1000);
    await measured('down', 'ridge-hub');
    expect(await tell()).toBe(toldMs + LINK_NEWS_MS);
    time.run(toldMs + LINK_NEWS_MS);
    expect((await look()).at(-1)).toEqual(['camp', 'ridge-hub down']);
    expect(await tell()).toBeUndefined();
  });

  test('tells again of what is not as usual, before a node takes it to work', async () => {
    const { look } = telling();
    const beganMs = time.now();
    await measured('down', 'ridge-hub');
    await measured('closed', 'hub-ridge');
    const toldMs: number[] = [];
    for (; time.now() <= beganMs + 2 * TOLD_MS; time.run(time.now() + 30_000)) {
      await measured('up', 'hub-camp');
      const [told] = await look();
      if (toldMs.length > 0 && told) expect(told).toEqual(['camp', 'ridge-hub down']);
      if (told) toldMs.push(time.now() - beganMs);
    }
    expect(toldMs).toEqual([0, 1, 2, 3, 4].map((n) => n * RETELL_MS));
  });

  test('tells a node of more links than a message holds, and all of those once', async () => {
    const ids = Array.from({ length: TOLD_AT_ONCE_MAX + 1 }, (_, n) => `l${n}`);
    await store.network.change(() => ({
      links: [link('hub-camp', HUB, 'camp'), ...ids.map((id) => link(id, 'ridge', HUB))],
    }));
    await measured('up', 'hub-camp', ...ids);
    const { tell, look, sent } = telling();
    await tell();
    expect(new Set(sent.map(({ id }) => id)).size).toBe(2);
    const told = sent.flatMap(
      ({ payload }) => (JSON.parse(new TextDecoder().decode(payload)) as LinkNews).states,
    );
    expect(told.map(({ linkId }) => linkId).sort()).toEqual(ids.toSorted());
    sent.length = 0;
    time.run(time.now() + LINK_NEWS_MS);
    expect(await look()).toEqual([]);
  });

  test('tells of no more links that are not as usual than a store keeps of a node', async () => {
    const ids = Array.from({ length: UNUSUAL_MAX + 1 }, (_, n) => `l${n}`);
    await store.network.change(() => ({
      links: [link('hub-camp', HUB, 'camp'), ...ids.map((id) => link(id, 'ridge', HUB))],
    }));
    await measured('up', 'hub-camp');
    await measured('down', ...ids);
    const { look } = telling();
    expect((await look()).flatMap(([, ...told]) => told)).toHaveLength(UNUSUAL_MAX);
    time.run(time.now() + LINK_NEWS_MS);
    expect(await look()).toEqual([]);
  });

  test('makes the same bundle of the same news where two processes tell them at once', async () => {
    await measured('up', 'hub-camp', 'hub-ridge');
    const [one, other] = [telling(), telling()];
    await Promise.all([one.tell(), other.tell()]);
    const bundles = ({ sent }: typeof one) => sent.map(({ id, to, createdMs }) => [id, to, createdMs]);
    expect(bundles(one)).toHaveLength(2);
    expect(bundles(other)).toEqual(bundles(one));
  });

  test('has told a node nothing where its message could not be sent', async () => {
    await measured('up', 'hub-camp');
    await measured('down', 'hub-ridge');
    const failing = createTellLinks({
      node: HUB,
      network: store.network,
      clock: time,
      send: () => Promise.reject(new Error('full')),
    });
    await expect(failing()).rejects.toThrow('full');
    expect(await telling().look()).toEqual([['camp', 'hub-ridge down']]);
  });
});
