/** Who calls through the HTTP API, as API Gateway found out before it let the request in. */
import type { APIGatewayEventRequestContextV2 } from 'aws-lambda';
import { HttpRefusal } from '../../core/api/problem.ts';
import type { Principal } from '../../core/ports/tickets.ts';

/** What the authorizers leave in an event. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html */
type RequestContext = APIGatewayEventRequestContextV2 & {
  authorizer?: {
    jwt?: { claims?: Record<string, unknown> };
    iam?: { userArn?: string; callerId?: string };
  };
};

/** The functions behind the API have no other door: a request without an authorizer's word came past it. Errors: `HttpRefusal`, 401. */
export function callerOf(env: unknown): Principal {
  const { authorizer } = (env as { event: { requestContext: RequestContext } }).event.requestContext;
  const { claims } = authorizer?.jwt ?? {};
  if (claims) {
    const expiresMs = Number(claims.exp) * 1000;
    const named = [claims.sub, claims.client_id].find((claim) => typeof claim === 'string');
    const subject = (named as string | undefined) ?? 'unknown';
    return { subject, ...(Number.isFinite(expiresMs) && { expiresMs }) };
  }
  const subject = authorizer?.iam?.userArn ?? authorizer?.iam?.callerId;
  if (subject) return { subject };
  throw new HttpRefusal(
    401,
    'Unauthorized',
    'The request came without proof of who sends it.',
    'Call the HTTP API by its address, with a token or signed with AWS credentials.',
  );
}
