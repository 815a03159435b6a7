/**
 * The AWS clients: each is built here and nowhere else, once, when it is first asked for. Credentials and region come from the
 * environment; `AWS_ENDPOINT_URL` and `AWS_ENDPOINT_URL_<SERVICE>` redirect them, as they do every AWS tool.
 */
import { ApiGatewayManagementApiClient } from '@aws-sdk/client-apigatewaymanagementapi';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { IoTClient } from '@aws-sdk/client-iot';
import { IoTDataPlaneClient } from '@aws-sdk/client-iot-data-plane';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SQSClient } from '@aws-sdk/client-sqs';

/** Waits of up to 0.1, 0.2, 0.4 and 0.8 s between the tries: a second and a half, well within any function's time. */
const ATTEMPTS_MAX = 5;
const CONNECT_MS_MAX = 1_000;
/** The slowest calls that are made, writes of a hundred items, take tens of milliseconds. */
const REQUEST_MS_MAX = 5_000;
/** Seeding a wide workflow writes so many items side by side. */
const SOCKETS_MAX = 128;

const agent = { keepAlive: true, maxSockets: SOCKETS_MAX };

/** What every client has. The handler is said by its settings, so that each client makes its own. */
const settings = () => ({
  maxAttempts: ATTEMPTS_MAX,
  retryMode: 'standard',
  requestHandler: {
    connectionTimeout: CONNECT_MS_MAX,
    requestTimeout: REQUEST_MS_MAX,
    // Else a breach is a warning only.
    throwOnRequestTimeout: true,
    httpAgent: agent,
    httpsAgent: agent,
  },
});

/** A bundle leaves out the clients that nothing in it asks for: each is a call without effects. */
function once<Client>(build: () => Client): () => Client {
  let client: Client | undefined;
  return () => (client ??= build());
}

export const dynamo = /* @__PURE__ */ once(() => new DynamoDBClient(settings()));

/** StartExecution has a bucket per account that refills slowly: the client slows down to what it is given. */
export const stepFunctions = /* @__PURE__ */ once(
  () => new SFNClient({ ...settings(), retryMode: 'adaptive' }),
);

export const queues = /* @__PURE__ */ once(
  () =>
    new SQSClient({
      ...settings(),
      // By itself the client follows the host of the queue's URL, whatever endpoint is configured.
      useQueueUrlAsEndpoint: endpointFor('SQS') === undefined,
    }),
);

export const eventBridge = /* @__PURE__ */ once(() => new EventBridgeClient(settings()));

export const iot = /* @__PURE__ */ once(() => new IoTClient(settings()));

export const iotData = /* @__PURE__ */ once(() => new IoTDataPlaneClient(settings()));

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

/** Where a service is, when the environment says so. */
export const endpointFor = (service: string): string | undefined =>
  process.env[`AWS_ENDPOINT_URL_${service}`] ?? process.env.AWS_ENDPOINT_URL;
