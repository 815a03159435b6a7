import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type EmbeddedStore, openStore } from '../../../adapters/embedded/store.ts';
import type { Message } from '../../../core/custody/message.ts';
import { createLogger } from '../../../embedded/log.ts';
import { createTell } from '../../../lambdas/forward/tell.ts';

const DAY_MS = 86_400_000;

let store: EmbeddedStore;
beforeEach(() => {
  store = openStore({ dataDir: ':memory:' });
});
afterEach(() => store.close());

const register = (...ids: string[]) =>
  store.network.change(() => ({
    nodes: ids.map((id) => ({ id, kind: 'edge' as const, capabilities: [] })),
  }));
const report = (nodeId: string) => store.network.putNodeReport({ nodeId, atMs: 1, taskTypes: [], load: 0 });

function host() {
  const sent: Message[] = [];
  const time = { nowMs: 20_000 * DAY_MS };
  const { tell } = createTell({
    node: 'hub',
    network: store.network,
    send: async (message) => void sent.push(message),
    clock: { now: () => time.nowMs },
    logger: createLogger('silent'),
  });
  return { tell, sent, time, to: () => sent.splice(0).map(({ to }) => to) };
}

describe('what nodes are told of the network', () => {
  test('goes to each that said something, once for each version, and again each day', async () => {
    await register('hub', 'a', 'b', 'silent');
    for (const node of ['hub', 'a', 'b']) await report(node);
    const { tell, to, time } = host();
    await tell();
    expect(to().toSorted()).toEqual(['a', 'b']);
    await tell();
    expect(to()).toEqual([]);
    await register('hub', 'a', 'b', 'silent', 'new');
    await tell();
    expect(to().toSorted()).toEqual(['a', 'b']);
    time.nowMs += DAY_MS;
    await tell();
    expect(to()).toHaveLength(2);
  });

  test('goes to one that has just come, though it has not said anything', async () => {
    await register('hub', 'a');
    const { tell, to } = host();
    await tell(['a']);
    await tell(['a']);
    expect(to()).toEqual(['a']);
  });

  test('is the same message for the same version, whoever tells it', async () => {
    await register('hub', 'a');
    const [one, other] = [host(), host()];
    await one.tell(['a']);
    await other.tell(['a']);
    expect(other.sent).toEqual(one.sent);
    const news = JSON.parse(new TextDecoder().decode(one.sent[0]!.payload)) as { nodes: { id: string }[] };
    expect(news.nodes.map(({ id }) => id).toSorted()).toEqual(['a', 'hub']);
  });
});
