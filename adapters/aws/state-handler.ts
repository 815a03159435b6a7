/** What the functions of the state machines share: checked payloads, and logs that say which execution they are about. */
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy, { type MiddlewareObj } from '@middy/core';
import * as z from 'zod/mini';
import type { Context } from 'aws-lambda';
import { InvalidInput } from '../../core/errors.ts';
import { lazily } from './lazily.ts';
import { awsLogger } from './logger.ts';

type Schema<Payload> = z.ZodMiniType<Payload>;

/**
 * The function of one state. Errors keep their class names, which the machines' `Retry` and `Catch` read; `InvalidInput` for a
 * payload that isn't the state's.
 */
export function stateHandler<Payload, Result>(
  schema: Schema<Payload>,
  make: () => (payload: Payload, context: Context) => Promise<Result>,
) {
  const useCase = lazily(make);
  return middy<Payload, Result>()
    .use(injectLambdaContext(awsLogger, { resetKeys: true }))
    .use(loggedExecution())
    .use(checked(schema))
    .handler((payload, context) => useCase()(payload, context));
}

/** Refuses what the schema refuses; fields it doesn't know are left out. */
function checked<Payload>(schema: Schema<Payload>): MiddlewareObj<Payload> {
  return {
    before: (request) => {
      const parsed = schema.safeParse(request.event);
      if (!parsed.success)
        throw new InvalidInput(
          `The payload is not what this state takes: ${z.prettifyError(parsed.error)}`,
          'Deploy the state machines and the functions of one version together.',
        );
      request.event = parsed.data;
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
      awsLogger.appendKeys({ executionId, taskId });
    },
    onError: ({ error }) => {
      awsLogger.error('the state failed', error ?? new Error('unknown'));
    },
  };
}
