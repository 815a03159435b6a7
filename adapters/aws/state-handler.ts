/** What the functions of the state machines share: checked payloads, and logs that say which execution they are about. */
import middy, { type MiddlewareObj } from '@middy/core';
import type { Context } from 'aws-lambda';
import { InvalidInput } from '../../core/errors.ts';
import { lazily } from './lazily.ts';
import { logged, logger, logWith } from './logger.ts';
import type { Shape } from './shapes.ts';

/**
 * The function of one state. Errors keep their class names, which the machines' `Retry` and `Catch` read; `InvalidInput` for a
 * payload that isn't the state's.
 */
export function stateHandler<Payload, Result>(
  shape: Shape<Payload>,
  make: () => (payload: Payload, context: Context) => Promise<Result>,
) {
  const useCase = lazily(make);
  return middy<Payload, Result>()
    .use(logged())
    .use(loggedExecution())
    .use(checked(shape))
    .handler((payload, context) => useCase()(payload, context));
}

/** Refuses what the shape refuses; fields it doesn't know are left out. */
function checked<Payload>(shape: Shape<Payload>): MiddlewareObj<Payload> {
  return {
    before: (request) => {
      const problems: string[] = [];
      const payload = shape(request.event, '', problems);
      if (problems.length > 0)
        throw new InvalidInput(
          `The payload is not what this state takes: ${problems.join('; ')}.`,
          'Deploy the state machines and the functions of one version together.',
        );
      request.event = payload;
    },
  };
}

/** Puts the execution, and the task where there is one, on every line; logs what failed. */
function loggedExecution(): MiddlewareObj<unknown, unknown, Error> {
  return {
    before: ({ event }) => {
      const about = (event ?? {}) as {
        executionId?: string;
        ref?: { executionId?: string; taskId?: string };
      };
      const { executionId, taskId } = {
        ...about.ref,
        ...(about as { taskId?: string; executionId?: string }),
      };
      logWith({ executionId, taskId });
    },
    onError: ({ error }) => {
      logger.error('the state failed', { error });
    },
  };
}
