import { afterEach, expect, test } from 'vitest';
import { IotLinkClient } from '../../../adapters/aws/link-client.ts';
import { InvalidInput, PayloadTooLarge, StoreUnavailable } from '../../../core/errors.ts';
import { FRAME_BYTES_MAX } from '../../../core/node/frames.ts';
import { type Answer, refusal, serve, type Service } from './service.ts';

let service: Service;
afterEach(() => service.close());

async function open(answer: Answer = {}) {
  service = await serve(() => answer);
  return new IotLinkClient({
    endpoint: service.url,
    config: { credentials: service.settings.credentials, region: async () => 'eu-central-1' },
    pauses: { clock: { now: () => 0, sleep: () => Promise.resolve() }, random: { next: () => 0.5 } },
  });
}

test('publishes to the topic of the node, at least once', async () => {
  await (await open()).send('edge-7', 'mesh', new Uint8Array([0, 255, 1]));
  const [call] = service.calls;
  expect(call!.operation).toBe('POST /topics/holdfast/nodes/edge-7/down/mesh?qos=1');
  expect([...call!.bytes]).toEqual([0, 255, 1]);
});

test('refuses what IoT Core would not take, and what leads beyond a node, before it asks anybody', async () => {
  const links = await open();
  const sent = links.send('edge-7', 'primary', new Uint8Array(FRAME_BYTES_MAX + 1));
  await expect(sent).rejects.toThrow(PayloadTooLarge);
  await expect(links.send('edge-7/../x', 'primary', new Uint8Array(1))).rejects.toThrow(InvalidInput);
  expect(service.calls).toEqual([]);
});

test('fails as unavailable when IoT Core throttles', async () => {
  const links = await open(refusal('ThrottlingException', 'slow', 429));
  await expect(links.send('a', 'primary', new Uint8Array(1))).rejects.toThrow(StoreUnavailable);
});
