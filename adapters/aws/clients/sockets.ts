import { ApiGatewayManagementApiClient } from '@aws-sdk/client-apigatewaymanagementapi';
import { ATTEMPTS_MAX, settings } from './settings.ts';

const managers = new Map<string, ApiGatewayManagementApiClient>();

/** Posts to the connections of one WebSocket API; `endpoint` is that of its stage. */
export function sockets(endpoint: string): ApiGatewayManagementApiClient {
  const at = process.env.AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI ?? endpoint;
  const known = managers.get(at);
  if (known) return known;
  const made = new ApiGatewayManagementApiClient({
    ...settings(),
    endpoint: at,
    retryStrategy: onlyWhenTurnedAway,
  });
  managers.set(at, made);
  return made;
}

const PAUSE_MS_FIRST = 100;

interface Token {
  getRetryCount(): number;
  getRetryDelay(): number;
}

const token = (count: number): Token => ({
  getRetryCount: () => count,
  getRetryDelay: () => Math.random() * PAUSE_MS_FIRST * 2 ** (count - 1),
});

/**
 * Tries again what was throttled, and nothing else: a message whose answer got lost may have arrived, and would arrive twice. Who
 * sent it closes the connection, for its client to come back and say how far it got.
 */
const onlyWhenTurnedAway = {
  mode: 'standard',
  acquireInitialRetryToken: async () => token(0),
  async refreshRetryTokenForRetry(last: Token, { errorType }: { errorType: string }): Promise<Token> {
    const count = last.getRetryCount() + 1;
    if (errorType !== 'THROTTLING' || count >= ATTEMPTS_MAX) throw new Error('not to be tried again');
    return token(count);
  },
  recordSuccess: () => undefined,
};
