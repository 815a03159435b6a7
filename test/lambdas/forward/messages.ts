import type { Message } from '../../../core/custody/message.ts';
import { START_MS } from './world.ts';

/** Of which the payload names the message, so that two bundles of one show. */
export const message = (id: string, to: string, more: Partial<Message> = {}): Message => ({
  id,
  to,
  service: 'work',
  payload: new TextEncoder().encode(id),
  precedence: 'routine',
  lifetimeMs: 3_600_000,
  createdMs: START_MS,
  ...more,
});
