/**
 * What the AWS clients have in common. Each is built in its file of this folder and nowhere else, once, when it is first asked for.
 * A file each, because bundles share code by files: a function loads the clients that it names and no other. Credentials and region
 * come from the environment; `AWS_ENDPOINT_URL` and `AWS_ENDPOINT_URL_<SERVICE>` redirect them, as they do every AWS tool.
 */

/** Waits of up to 0.1, 0.2, 0.4 and 0.8 s between the tries: a second and a half, well within any function's time. */
export const ATTEMPTS_MAX = 5;
const CONNECT_MS_MAX = 1_000;
/** The slowest calls that are made, writes of a hundred items, take tens of milliseconds. */
const REQUEST_MS_MAX = 5_000;
/** Seeding a wide workflow writes so many items side by side. */
const SOCKETS_MAX = 128;

const agent = { keepAlive: true, maxSockets: SOCKETS_MAX };

/** What every client has. The handler is said by its settings, so that each client makes its own. */
export const settings = () => ({
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

/** Where a service is, when the environment says so. */
export const endpointFor = (service: string): string | undefined =>
  process.env[`AWS_ENDPOINT_URL_${service}`] ?? process.env.AWS_ENDPOINT_URL;
