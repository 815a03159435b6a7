/** What must hold once everything is over. */
import { expect } from 'vitest';
import type { Message } from '../../../core/custody/message.ts';
import type { World } from './world.ts';

/** Each message had its effect once, and nothing is in custody any more anywhere. */
export async function expectAllOnce(world: World, messages: readonly Message[]): Promise<void> {
  expect(world.wrongs).toEqual([]);
  for (const node of world.nodes.values()) {
    expect([node.id, await node.open()]).toEqual([node.id, 0]);
    const own = messages.filter(({ to }) => to === node.id).map(({ payload }) => textOf(payload));
    const texts = [...node.inbox.values()].map(({ text }) => text);
    expect([node.id, texts.toSorted()]).toEqual([node.id, own.toSorted()]);
    const repeated = [...node.inbox.values()].filter(({ times }) => times > 1 + node.crashed);
    expect(repeated).toEqual([]);
  }
}

const textOf = (payload: Uint8Array): string => new TextDecoder().decode(payload);
