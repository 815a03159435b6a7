/** Signed requests to services whose clients would make every bundle larger: docs/decisions/0007, 0013. */
import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import { StoreUnavailable } from '../../core/errors.ts';
import type { Clock } from '../../core/ports/clock.ts';
import { isTransient } from './failures.ts';
import { pause, type Pauses, TRIES_MAX } from './retry.ts';

type Signing = ConstructorParameters<typeof SignatureV4>[0];
type Secret = ConstructorParameters<NonNullable<Signing['sha256']>>[0];

export interface SigningOptions {
  /** Whom to sign as, and where: the `config` of any AWS client. */
  config: { credentials: Signing['credentials']; region: () => Promise<string> };
  pauses: Pauses & { clock: Pick<Clock, 'now'> };
}

export interface SignedRequest {
  method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  url: URL;
  headers?: Record<string, string>;
  body?: Uint8Array;
}

export interface Answer {
  status: number;
  headers: Headers;
  bytes: Uint8Array;
}

export interface Service extends SigningOptions {
  /** As signatures call it: `s3`. */
  service: string;
  /** As people do. */
  title: string;
  /** Paths have characters in them that are escaped. @default false */
  hasEscapedPaths?: boolean;
  /** Whether the same request may succeed later, beside faults and throttling. */
  isBusy?: (answer: Answer) => boolean;
  /** What an answer says, in words. */
  describe: (answer: Answer) => string;
}

/** Sends a request, again while the service can't take it. Answers of any other status come back as they are. Errors: `StoreUnavailable`. */
export type SignedRequests = (request: SignedRequest) => Promise<Answer>;

/** A second a mebibyte on top, for the slowest of functions. */
const REQUEST_MS_MAX = 10_000;
const MS_PER_MEBIBYTE = 1000;

export function createSignedRequests(of: Service): SignedRequests {
  const sign = createSigner(of);

  async function send(request: SignedRequest): Promise<Answer> {
    const { method, url, body } = request;
    const headers = await sign(request);
    const mebibytes = Math.ceil((body?.byteLength ?? 0) / 2 ** 20);
    const signal = AbortSignal.timeout(REQUEST_MS_MAX + mebibytes * MS_PER_MEBIBYTE);
    const response = await fetch(url, { method, headers, body, signal, redirect: 'error' });
    const bytes = new Uint8Array(await response.arrayBuffer());
    return { status: response.status, headers: response.headers, bytes };
  }

  return async (request) => {
    for (let tried = 1; ; tried++) {
      const outcome = await send(request).catch((error: unknown) => error as Error);
      const failed = failureOf(outcome, of);
      if (!failed && !(outcome instanceof Error)) return outcome;
      if (tried === TRIES_MAX) throw unavailable(of, request, failed!, outcome);
      await pause(tried, of.pauses);
    }
  };
}

/** Gives the headers of a request, with its signature (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html). */
export function createSigner({
  service,
  config,
  pauses,
  hasEscapedPaths = false,
}: SigningOptions & Pick<Service, 'service' | 'hasEscapedPaths'>) {
  const signer = new SignatureV4({
    service,
    region: config.region,
    credentials: config.credentials,
    sha256: Sha256,
    // Keys of S3 are signed as they are; of other services, what is escaped in a path is escaped again.
    uriEscapePath: hasEscapedPaths,
  });
  return async ({ method, url, headers, body }: SignedRequest): Promise<Record<string, string>> => {
    const { protocol, hostname, host, pathname: path } = url;
    const query = Object.fromEntries(url.searchParams);
    const request = { method, protocol, hostname, path, query, headers: { ...headers, host }, body };
    return (await signer.sign(request, { signingDate: new Date(pauses.clock.now()) })).headers;
  };
}

/** What keeps the service from taking the request now, in words; undefined for an answer. Rejections that no repetition mends are thrown. */
function failureOf(outcome: Answer | Error, { isBusy, describe }: Service): string | undefined {
  if (!(outcome instanceof Error)) {
    const { status } = outcome;
    const isAgain = status >= 500 || status === 429 || status === 408 || isBusy?.(outcome);
    return isAgain ? describe(outcome) : undefined;
  }
  // `fetch` says no more than that it failed; its cause is what happened.
  const cause = outcome.cause instanceof Error ? outcome.cause : outcome;
  if (outcome instanceof TypeError || isTransient(outcome)) return `${cause.name}: ${cause.message}`;
  throw outcome;
}

function unavailable(
  { title }: Service,
  { method, url }: SignedRequest,
  what: string,
  outcome: Answer | Error,
): StoreUnavailable {
  return new StoreUnavailable(
    `${title} did not answer ${method} of ${url.href}, ${TRIES_MAX} times: ${what}`,
    `Try again in a moment. If it lasts, see whether the region has an outage and whether the function reaches ${title}.`,
    outcome instanceof Error ? { cause: outcome } : undefined,
  );
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
