/** Signed requests to one S3 bucket. Why without `client-s3`: docs/decisions/0007. */
import { createHash } from 'node:crypto';
import {
  type Answer,
  createSignedRequests,
  type SignedRequest,
  type SigningOptions,
} from './signed-requests.ts';

export interface BucketOptions extends SigningOptions {
  bucket: string;
  /** Replaces S3's own address; the bucket is then in the path. @default AWS's, in the region */
  endpoint?: string;
}

export interface ObjectRequest {
  method: 'GET' | 'HEAD' | 'PUT';
  key: string;
  headers?: Record<string, string>;
  body?: Uint8Array;
}

export type ObjectAnswer = Answer;

/** Sends a request, again while S3 can't take it. Answers of any other status come back as they are. Errors: `StoreUnavailable`. */
export type ObjectRequests = (request: ObjectRequest) => Promise<ObjectAnswer>;

/** S3's own advice for 409 is the same as for a fault of its: again. */
const CONFLICT = 409;
const EMPTY_SHA256 = createHash('sha256').digest('hex');

export function createObjectRequests(options: BucketOptions): ObjectRequests {
  const ask = createSignedRequests({
    ...options,
    service: 's3',
    title: 'S3',
    isBusy: ({ status }) => status === CONFLICT,
    describe,
  });
  return async (request) => ask(await objectRequest(options, request));
}

/** A request with its address, and the hash of what it sends. */
export async function objectRequest(
  { bucket, config, endpoint }: BucketOptions,
  { key, headers, ...request }: ObjectRequest,
): Promise<SignedRequest> {
  return {
    ...request,
    url: new URL(`${addressOf(bucket, await config.region(), endpoint)}/${key}`),
    headers: { 'x-amz-content-sha256': EMPTY_SHA256, ...headers },
  };
}

/** An answer's status and, where it has one, S3's own code and message. */
export function describe({ status, bytes }: ObjectAnswer): string {
  const text = new TextDecoder().decode(bytes.subarray(0, 4096));
  const part = (name: string): string => new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1] ?? '';
  return `${status} ${part('Code')} ${part('Message')}`.trimEnd();
}

/** A certificate of S3 covers one label before its own name: a bucket with dots goes into the path, like one on another server. */
function addressOf(bucket: string, region: string, endpoint: string | undefined): string {
  if (endpoint !== undefined) return `${endpoint.replace(/\/$/, '')}/${bucket}`;
  const server = `s3.${region}.${region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'}`;
  return bucket.includes('.') ? `https://${server}/${bucket}` : `https://${bucket}.${server}`;
}
