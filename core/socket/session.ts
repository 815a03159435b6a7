import { HttpRefusal } from '../api/problem.ts';
import type { Principal } from '../ports/tickets.ts';

/** Whether the proof that a connection was opened with has expired. */
export const hasExpired = ({ expiresMs = Infinity }: Principal, nowMs: number): boolean => nowMs >= expiresMs;

export const sessionExpired = (): HttpRefusal =>
  new HttpRefusal(
    401,
    'SessionExpired',
    'What this connection was opened with has expired.',
    'Ask for a new ticket with POST /tickets and connect again, from the last seq or cursor that came.',
  );

/** Of a connection that was given up: its subscriptions are gone. */
export const sessionLost = (): HttpRefusal =>
  new HttpRefusal(
    401,
    'SessionLost',
    'This connection was given up, with its subscriptions: a message may not have arrived.',
    'Ask for a new ticket with POST /tickets and connect again, from the last seq or cursor that came.',
  );
