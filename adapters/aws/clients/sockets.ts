import { ApiGatewayManagementApiClient } from '@aws-sdk/client-apigatewaymanagementapi';
import { settings } from './settings.ts';

const managers = new Map<string, ApiGatewayManagementApiClient>();

/** Posts to the connections of one WebSocket API; `endpoint` is that of its stage. */
export function sockets(endpoint: string): ApiGatewayManagementApiClient {
  const at = process.env.AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI ?? endpoint;
  const known = managers.get(at);
  if (known) return known;
  const made = new ApiGatewayManagementApiClient({ ...settings(), endpoint: at });
  managers.set(at, made);
  return made;
}
