/** What travels over `/ws`, one JSON object a text message. */
import * as z from 'zod';
import { problemSchema } from './problem-schema.ts';
import { components } from './components.ts';
import { eventView } from './schemas.ts';

const id = z
  .string()
  .min(1)
  .max(100)
  .describe('Chosen by the client; names the subscription in every answer.');

export const subscribeMessage = z
  .strictObject({
    type: z.literal('subscribe'),
    id,
    executionId: z.string().min(1).max(200).optional().describe('Of one execution; of all unless given.'),
    types: z
      .array(z.string().min(1).max(100))
      .min(1)
      .max(100)
      .optional()
      .describe('Exact, or a group: `task.*`.'),
    fromSeq: z
      .int()
      .min(1)
      .optional()
      .describe('With `executionId`: replay from this number on, then live. Only what is new unless given.'),
    cursor: z
      .int()
      .min(0)
      .optional()
      .describe('Without `executionId`: replay what came after this cursor, 0 for everything, then live.'),
    batch: z
      .boolean()
      .optional()
      .describe(
        'True: several events may come in one `events` message, which hosts use that pay by the message.',
      ),
  })
  .register(components, { id: 'SubscribeMessage' });

export const unsubscribeMessage = z
  .strictObject({ type: z.literal('unsubscribe'), id })
  .register(components, { id: 'UnsubscribeMessage' });

export const pingMessage = z
  .strictObject({ type: z.literal('ping') })
  .register(components, { id: 'PingMessage' });

export const subscribedMessage = z
  .strictObject({ type: z.literal('subscribed'), id })
  .register(components, { id: 'SubscribedMessage' });

export const unsubscribedMessage = z
  .strictObject({ type: z.literal('unsubscribed'), id })
  .register(components, { id: 'UnsubscribedMessage' });

export const eventMessage = z
  .strictObject({
    type: z.literal('event'),
    subscription: id,
    cursor: z
      .int()
      .min(0)
      .optional()
      .describe(
        'Where to subscribe to all executions from again. May be absent for one execution, where `seq` does that.',
      ),
    event: eventView,
  })
  .register(components, { id: 'EventMessage' });

export const eventsMessage = z
  .strictObject({
    type: z.literal('events'),
    subscription: id,
    cursor: z
      .int()
      .min(0)
      .optional()
      .describe('Of the last of them, where the subscription is to all executions.'),
    events: z.array(eventView).min(1),
  })
  .register(components, { id: 'EventsMessage' });

export const errorMessage = z
  .strictObject({
    type: z.literal('error'),
    id: z.string().optional().describe('The subscription it is about.'),
    error: problemSchema,
  })
  .register(components, { id: 'ErrorMessage' });

export const pongMessage = z
  .strictObject({ type: z.literal('pong') })
  .register(components, { id: 'PongMessage' });

export const CLIENT_MESSAGES = {
  subscribe: subscribeMessage,
  unsubscribe: unsubscribeMessage,
  ping: pingMessage,
} as const;

export const SERVER_MESSAGES = {
  subscribed: subscribedMessage,
  unsubscribed: unsubscribedMessage,
  event: eventMessage,
  events: eventsMessage,
  error: errorMessage,
  pong: pongMessage,
} as const;

/** Codes with which the server closes a socket, beside those of RFC 6455 §7.4.1. */
export const CLOSE_CODES = {
  /** Reads too slowly: subscribe again from the last `seq` (or `cursor`) that came. */
  slowClient: 4008,
  /** What the connection was opened with has expired: connect again with a new ticket. */
  sessionExpired: 4401,
} as const;

export type ClientMessage = {
  [Type in keyof typeof CLIENT_MESSAGES]: z.output<(typeof CLIENT_MESSAGES)[Type]>;
}[keyof typeof CLIENT_MESSAGES];
export type SubscribeMessage = z.output<typeof subscribeMessage>;
export type ServerMessage =
  | z.output<typeof subscribedMessage>
  | z.output<typeof unsubscribedMessage>
  | z.output<typeof errorMessage>
  | z.output<typeof pongMessage>;
