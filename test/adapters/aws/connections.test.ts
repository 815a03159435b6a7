import { ApiGatewayManagementApiClient } from '@aws-sdk/client-apigatewaymanagementapi';
import { afterEach, describe, expect, test } from 'vitest';
import { ApiGatewayConnections, MESSAGE_BYTES_MAX } from '../../../adapters/aws/connections.ts';
import { PayloadTooLarge, StoreUnavailable } from '../../../core/errors.ts';
import { type Answer, type Call, refusal, serve, type Service } from './service.ts';

let service: Service;
afterEach(() => service.close());

async function connections(answer: (call: Call) => Answer | Promise<Answer> = () => ({})) {
  service = await serve(answer);
  return new ApiGatewayConnections({ client: new ApiGatewayManagementApiClient(service.settings) });
}

describe('ApiGatewayConnections', () => {
  test('posts the text to the connection', async () => {
    const all = await connections();
    expect(await all.post('L0SM9cOFvHcCIhw=', 'grüße')).toBe(true);
    const [call] = service.calls;
    expect(call!.operation).toBe('POST /@connections/L0SM9cOFvHcCIhw=');
    expect(call!.bytes.toString()).toBe('grüße');
  });

  test('posts to one connection in order, and lets no connection wait for another', async () => {
    const begun: string[] = [];
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    const all = await connections(async ({ bytes }) => {
      begun.push(bytes.toString());
      if (bytes.toString() === 'a1') await held;
      return {};
    });
    const posts = [all.post('a', 'a1'), all.post('a', 'a2'), all.post('b', 'b1'), all.post('a', 'a3')];
    await posts[2];
    expect(begun.toSorted()).toEqual(['a1', 'b1']);
    release();
    expect(await Promise.all(posts)).toEqual([true, true, true, true]);
    expect(begun.filter((text) => text.startsWith('a'))).toEqual(['a1', 'a2', 'a3']);
  });

  test('says that a connection is gone', async () => {
    const all = await connections(() => refusal('GoneException', 'Gone', 410));
    expect(await all.post('a', 'x')).toBe(false);
    await expect(all.disconnect('a')).resolves.toBeUndefined();
  });

  test('goes on after a message that failed', async () => {
    const all = await connections(({ bytes }) =>
      bytes.toString() === 'a1' ? refusal('LimitExceededException', 'slow', 429) : {},
    );
    const [first, second] = await Promise.allSettled([all.post('a', 'a1'), all.post('a', 'a2')]);
    expect(first).toMatchObject({ status: 'rejected', reason: { name: 'StoreUnavailable' } });
    expect(second).toEqual({ status: 'fulfilled', value: true });
  });

  test('closes a connection', async () => {
    const all = await connections();
    await all.disconnect('a');
    expect(service.calls[0]!.operation).toBe('DELETE /@connections/a');
  });

  test('fails as unavailable on a fault of the service', async () => {
    const all = await connections(() => refusal('InternalServerErrorException', 'oh', 500));
    await expect(all.post('a', 'x')).rejects.toThrow(StoreUnavailable);
  });

  test('refuses a message that API Gateway would not take, counted in bytes', async () => {
    const all = await connections();
    await all.post('a', 'é'.repeat(MESSAGE_BYTES_MAX / 2));
    await expect(all.post('a', `${'é'.repeat(MESSAGE_BYTES_MAX / 2)}x`)).rejects.toThrow(PayloadTooLarge);
    expect(service.calls).toHaveLength(1);
  });
});
