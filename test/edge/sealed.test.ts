import { expect, test } from 'vitest';
import { decodeFrame } from '../../core/node/frames.ts';
import type { LinkClient } from '../../core/ports/link-client.ts';
import type { SecretCredentials } from '../../core/ports/node-registry.ts';
import { keepMembership, membershipIn } from '../../edge/join.ts';
import { expectConserved, openNetwork, until } from './network.ts';

const SLOW = { timeout: 90_000 };
const SECRET = 'the bridge is out';

const echo = async (input: never) => input;
// Too short to be compressed, which would hide it too.
const task = { id: 'a', type: 'echo', capability: 'camera', input: { said: SECRET } };

/** Bundles as they go by, in characters. */
function listening() {
  const heard: string[] = [];
  const through = (links: LinkClient): LinkClient => ({
    async send(to, channel, bytes) {
      const frame = decodeFrame(bytes);
      if (frame.type === 'bundle') heard.push(new TextDecoder('latin1').decode(frame.data));
      return links.send(to, channel, bytes);
    },
  });
  return { heard, through };
}

test('nobody between reads what goes to a node and comes back', SLOW, async () => {
  const { heard, through } = listening();
  const { hub, join } = await openNetwork({ through });
  await join('edge-1', { tasks: { echo }, through });
  const { id } = await hub.orchestrator.run({ name: 'told', tasks: [task] });
  expect(await hub.orchestrator.result(id)).toMatchObject({ output: { said: SECRET } });
  // The network's news, the work and its answer.
  expect(heard.length).toBeGreaterThanOrEqual(3);
  for (const text of heard)
    for (const word of [SECRET, '"start"', '"ended"']) expect(text).not.toContain(word);
});

/** As if it had joined before there were keys. */
function forgetKey(dataDir: string): void {
  const { credentials, ...known } = membershipIn(dataDir)!;
  const { bundleKey, ...others } = credentials as SecretCredentials;
  expect(bundleKey).toBeDefined();
  keepMembership(dataDir, { ...known, credentials: others });
}

test('neither side takes what is not protected where there is a key', SLOW, async () => {
  const { hub, join, folder } = await openNetwork();
  const site = await join('edge-1', { tasks: { echo } });
  await site.edge.close();
  forgetKey(`${folder}/edge-1`);
  await site.restart();
  const { id } = await hub.orchestrator.run({ name: 'told', tasks: [task] });
  await until(async () => (await expectConserved(hub.orchestrator)).dead.bundles).toBeGreaterThan(0);
  const message = { id: 'forged', to: 'hub', service: 'answers', payload: new Uint8Array(1) };
  await site.edge.orchestrator.carrier.send({ ...message, precedence: 'routine', lifetimeMs: 60_000 });
  await until(async () => (await expectConserved(site.edge.orchestrator)).dead.bundles).toBe(1);
  expect(await hub.orchestrator.result(id)).toMatchObject({
    status: 'FAILED',
    errors: [{ error: 'NodeUnreachable', cause: expect.stringContaining('edge-1 refused it: no-key') }],
  });
});

test('goes on without protection with a node that was registered before there were keys', SLOW, async () => {
  const { heard, through } = listening();
  const { hub, join, folder } = await openNetwork({ through, bundleKey: async () => undefined });
  const site = await join('edge-1', { tasks: { echo }, through });
  await site.edge.close();
  forgetKey(`${folder}/edge-1`);
  // What it says of itself changes the network, and it is told of that.
  await site.restart({ capabilities: ['camera', 'radio'] });
  const { id } = await hub.orchestrator.run({ name: 'told', tasks: [task] });
  expect(await hub.orchestrator.result(id)).toMatchObject({ output: { said: SECRET } });
  expect(heard.length).toBeGreaterThanOrEqual(2);
});

test(
  'goes on with what was under way when a node joins again, which then has another key',
  SLOW,
  async () => {
    const { hub, join, folder } = await openNetwork();
    const { promise: isLetGo, resolve: letGo } = Promise.withResolvers<void>();
    const hold = async (input: never) => {
      await isLetGo;
      return input;
    };
    const site = await join('edge-1', { tasks: { hold } });
    const keyNow = () => membershipIn(`${folder}/edge-1`)!.credentials.bundleKey;
    const held = (name: string) => ({ name, tasks: [{ ...task, type: 'hold' }] });
    const runs = [await hub.orchestrator.run(held('answered'))];
    await until(async () => (await site.edge.orchestrator.reader.totals()).tasks.RUNNING).toBe(1);
    site.networks.primary.become('hole');
    runs.push(await hub.orchestrator.run(held('asked')));
    await until(async () => (await expectConserved(hub.orchestrator)).released.bundles).toBeGreaterThan(0);
    letGo();
    await until(async () => {
      const { waiting, released } = await expectConserved(site.edge.orchestrator);
      return waiting.bundles + released.bundles;
    }).toBeGreaterThan(0);

    site.networks.primary.become('cut');
    const former = keyNow();
    await hub.orchestrator.nodes.unregister('edge-1');
    const response = await fetch(`${hub.url}/join-tokens`, { method: 'POST' });
    const { token } = (await response.json()) as { token: string };
    await site.restart({ token });

    expect(keyNow()).not.toBe(former);
    site.networks.primary.become('mended');
    for (const { id } of runs)
      expect(await hub.orchestrator.result(id)).toMatchObject({ output: { said: SECRET } });
    // The token is used, and it needs none.
    await site.restart({ token });
    expect(keyNow()).not.toBe(former);
  },
);
