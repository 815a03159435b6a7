/** Signed requests to one S3 bucket. Why without `client-s3`: docs/decisions. */
import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import { StoreUnavailable } from '../../core/errors.ts';
import type { Clock } from '../../core/ports/clock.ts';
import { isTransient } from './failures.ts';
import { pause, type Pauses, TRIES_MAX } from './retry.ts';

type Signing = ConstructorParameters<typeof SignatureV4>[0];
type Secret = ConstructorParameters<NonNullable<Signing['sha256']>>[0];

export interface BucketOptions {
  bucket: string;
  /** Whom to sign as, and where: the `config` of any AWS client. */
  config: { credentials: Signing['credentials']; region: () => Promise<string> };
  /** Replaces S3's own address; the bucket is then in the path. @default AWS's, in the region */
  endpoint?: string;
  pauses: Pauses & { clock: Pick<Clock, 'now'> };
}

export interface ObjectRequest {
  method: 'GET' | 'HEAD' | 'PUT';
  key: string;
  headers?: Record<string, string>;
  body?: Uint8Array;
}

export interface ObjectAnswer {
  status: number;
  headers: Headers;
  bytes: Uint8Array;
}

/** Sends a request, again while S3 can't take it. Answers of any other status come back as they are. Errors: `StoreUnavailable`. */
export type ObjectRequests = (request: ObjectRequest) => Promise<ObjectAnswer>;

/** A second a mebibyte on top, for the slowest of functions. */
const REQUEST_MS_MAX = 10_000;
const MS_PER_MEBIBYTE = 1000;
/** S3's own advice for 409 is the same as for a fault of its: again. */
const CONFLICT = 409;
const EMPTY_SHA256 = createHash('sha256').digest('hex');

export function createObjectRequests(options: BucketOptions): ObjectRequests {
  const { bucket, pauses } = options;
  const sign = createSigner(options);

  async function send(request: ObjectRequest): Promise<ObjectAnswer> {
    const { method, body } = request;
    const { url, headers } = await sign(request);
    const mebibytes = Math.ceil((body?.byteLength ?? 0) / 2 ** 20);
    const signal = AbortSignal.timeout(REQUEST_MS_MAX + mebibytes * MS_PER_MEBIBYTE);
    const response = await fetch(url, { method, headers, body, signal, redirect: 'error' });
    const bytes = new Uint8Array(await response.arrayBuffer());
    return { status: response.status, headers: response.headers, bytes };
  }

  return async (request) => {
    for (let tried = 1; ; tried++) {
      const outcome = await send(request).catch((error: unknown) => error as Error);
      const failed = failureOf(outcome);
      if (!failed && !(outcome instanceof Error)) return outcome;
      if (tried === TRIES_MAX) throw unavailable(bucket, request, failed!, outcome);
      await pause(tried, pauses);
    }
  };
}

/** Gives a request its address and its signature (https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html). */
export function createSigner({ bucket, config, endpoint, pauses }: BucketOptions) {
  const signer = new SignatureV4({
    service: 's3',
    region: config.region,
    credentials: config.credentials,
    sha256: Sha256,
    uriEscapePath: false,
  });
  return async (request: ObjectRequest): Promise<{ url: URL; headers: Record<string, string> }> => {
    const { protocol, host, path } = addressOf(bucket, await config.region(), endpoint);
    const url = new URL(`${protocol}//${host}${path}/${request.key}`);
    const { headers } = await signer.sign(
      {
        method: request.method,
        protocol,
        hostname: url.hostname,
        path: url.pathname,
        query: {},
        headers: { 'x-amz-content-sha256': EMPTY_SHA256, ...request.headers, host },
      },
      { signingDate: new Date(pauses.clock.now()) },
    );
    return { url, headers };
  };
}

/** What keeps S3 from taking the request now, in words; undefined for an answer. Rejections that no repetition mends are thrown. */
function failureOf(outcome: ObjectAnswer | Error): string | undefined {
  if (!(outcome instanceof Error)) {
    const { status } = outcome;
    const isBusy = status >= 500 || status === 429 || status === 408 || status === CONFLICT;
    return isBusy ? describe(outcome) : undefined;
  }
  // `fetch` says no more than that it failed; its cause is what happened.
  const cause = outcome.cause instanceof Error ? outcome.cause : outcome;
  if (outcome instanceof TypeError || isTransient(outcome)) return `${cause.name}: ${cause.message}`;
  throw outcome;
}

/** An answer's status and, where it has one, S3's own code and message. */
export function describe({ status, bytes }: ObjectAnswer): string {
  const text = new TextDecoder().decode(bytes.subarray(0, 4096));
  const part = (name: string): string => new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1] ?? '';
  return `${status} ${part('Code')} ${part('Message')}`.trimEnd();
}

function unavailable(
  bucket: string,
  { method, key }: ObjectRequest,
  what: string,
  outcome: ObjectAnswer | Error,
): StoreUnavailable {
  return new StoreUnavailable(
    `S3 did not answer ${method} of ${key} in the bucket ${bucket}, ${TRIES_MAX} times: ${what}`,
    'Try again in a moment. If it lasts, see whether the region has an outage and whether the function reaches S3.',
    outcome instanceof Error ? { cause: outcome } : undefined,
  );
}

/** A certificate of S3 covers one label before its own name: a bucket with dots goes into the path, like one on another server. */
function addressOf(bucket: string, region: string, endpoint: string | undefined) {
  if (endpoint !== undefined) {
    const { protocol, host, pathname } = new URL(endpoint);
    return { protocol, host, path: `${pathname.replace(/\/$/, '')}/${bucket}` };
  }
  const server = `s3.${region}.${region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'}`;
  return bucket.includes('.')
    ? { protocol: 'https:', host: server, path: `/${bucket}` }
    : { protocol: 'https:', host: `${bucket}.${server}`, path: '' };
}

/** SHA-256 by the platform, as the signer wants it; keyed, it is an HMAC. */
class Sha256 {
  readonly #secret: Secret;
  #hash: Hash | Hmac;

  constructor(secret?: Secret) {
    this.#secret = secret;
    this.#hash = this.#start();
  }

  update(data: Uint8Array): void {
    this.#hash.update(data);
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(new Uint8Array(this.#hash.digest()));
  }

  reset(): void {
    this.#hash = this.#start();
  }

  #start(): Hash | Hmac {
    if (this.#secret === undefined) return createHash('sha256');
    const secret = this.#secret;
    const key =
      typeof secret === 'string' || ArrayBuffer.isView(secret)
        ? (secret as string | Uint8Array)
        : new Uint8Array(secret);
    return createHmac('sha256', key);
  }
}
