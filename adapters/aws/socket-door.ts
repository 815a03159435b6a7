/** What API Gateway and the functions behind its WebSocket API tell each other. */
import type { APIGatewayAuthorizerResult, APIGatewayProxyWebsocketEventV2 } from 'aws-lambda';
import { HttpRefusal } from '../../core/api/problem.ts';
import type { Principal } from '../../core/ports/tickets.ts';
import { logger } from './logger.ts';

/** Lets the principal in, and hands it on to `$connect`. API Gateway carries strings, numbers and booleans. */
export function admitted(principal: Principal, methodArn: string): APIGatewayAuthorizerResult {
  const { subject, expiresMs } = principal;
  return {
    principalId: subject,
    policyDocument: {
      Version: '2012-10-17',
      Statement: [{ Action: 'execute-api:Invoke', Effect: 'Allow', Resource: methodArn }],
    },
    context: { subject, ...(expiresMs !== undefined && { expiresMs }) },
  };
}

/** Exactly this message makes API Gateway answer 401; any other is a fault, which it answers with 500. */
export function refused(error: unknown): never {
  if (!(error instanceof HttpRefusal)) throw error;
  logger.warn('a socket is refused', { reason: error.message });
  throw new Error('Unauthorized', { cause: error });
}

/** As the functions get it; `$connect` comes with what `admitted` said. */
export type SocketEvent = APIGatewayProxyWebsocketEventV2 & {
  requestContext: { authorizer?: Record<string, unknown> };
};

/** Whom the authorizer let in. */
export function principalOf(context: Record<string, unknown> | undefined): Principal {
  const { subject, expiresMs } = context ?? {};
  return {
    subject: typeof subject === 'string' ? subject : 'unknown',
    ...(expiresMs !== undefined && { expiresMs: Number(expiresMs) }),
  };
}
