/** Why a socket's message is refused, in the same words wherever the socket is held. */
import { didYouMean } from '../../core/api/nearest.ts';
import { HttpRefusal } from '../../core/api/problem.ts';
import { Conflict, NotFound } from '../../core/errors.ts';

/** Of one connection. */
export const SUBSCRIPTIONS_MAX = 100;

export const unknownExecution = (id: string): NotFound =>
  new NotFound(`There is no execution "${id}".`, 'List them with GET /executions.');

export const unknownSubscription = (id: string, known: Iterable<string>): NotFound =>
  new NotFound(`There is no subscription "${id}".`, didYouMean(id, [...known]));

export const knownSubscription = (id: string): Conflict =>
  new Conflict(`There is a subscription "${id}" already.`, 'Unsubscribe it first, or choose another id.');

export const tooManySubscriptions = (max: number): HttpRefusal =>
  new HttpRefusal(
    429,
    'TooManySubscriptions',
    `This connection has ${max} subscriptions, which is the limit.`,
    'Unsubscribe one, or subscribe to all executions and choose among the events.',
  );
