import { createHash } from 'node:crypto';
import { InvalidInput, PayloadCorrupt, StoreUnavailable } from '../../core/errors.ts';
import type { PayloadStore } from '../../core/ports/payload-store.ts';
import {
  type BucketOptions,
  createObjectRequests,
  describe,
  type ObjectAnswer,
  type ObjectRequests,
} from './object-requests.ts';

const REF = /^sha256:([0-9a-f]{64})$/;
/** A payload that is put again after this long is written anew, so that a bucket that deletes by age counts from the last use. */
const FRESH_MS = 24 * 60 * 60_000;

/** Objects named by the SHA-256 of their content, `payloads/ab/cdef…`: never changed, each written once however many put it. */
export class S3PayloadStore implements PayloadStore {
  readonly #bucket: string;
  readonly #request: ObjectRequests;
  readonly #clock: BucketOptions['pauses']['clock'];

  constructor(options: BucketOptions) {
    this.#bucket = options.bucket;
    this.#clock = options.pauses.clock;
    this.#request = createObjectRequests(options);
  }

  /** Errors: `StoreUnavailable`. */
  async put(bytes: Uint8Array): Promise<string> {
    const hash = createHash('sha256').update(bytes).digest();
    const hex = hash.toString('hex');
    const key = keyOf(hex);
    const headers = {
      'x-amz-content-sha256': hex,
      // S3 refuses what arrives as anything else, and keeps it to check its own copies by.
      'x-amz-checksum-sha256': hash.toString('base64'),
      'content-type': 'application/octet-stream',
    };
    const put = (condition: Record<string, string>) =>
      this.#request({ method: 'PUT', key, headers: { ...headers, ...condition }, body: bytes });
    let answer = await put({ 'if-none-match': '*' });
    if (answer.status === 412 && !(await this.#isFresh(key))) answer = await put({});
    if (answer.status === 412 || isOk(answer)) return `sha256:${hex}`;
    throw this.#refused(answer, 'write');
  }

  /** Errors: `InvalidInput` for what is no reference, `PayloadCorrupt`, `StoreUnavailable`. */
  async get(ref: string): Promise<Uint8Array | undefined> {
    const hash = REF.exec(ref)?.[1];
    if (hash === undefined) {
      throw new InvalidInput(
        `"${ref}" is not a payload reference.`,
        'Give sha256: and 64 hexadecimal digits.',
      );
    }
    const key = keyOf(hash);
    const answer = await this.#request({ method: 'GET', key });
    if (answer.status === 404 && !describe(answer).includes('NoSuchBucket')) return undefined;
    if (!isOk(answer)) throw this.#refused(answer, 'read');
    const { bytes } = answer;
    const found = createHash('sha256').update(bytes).digest('hex');
    if (found === hash) return bytes;
    throw new PayloadCorrupt(
      `The object ${key} of the bucket ${this.#bucket} has ${bytes.byteLength} bytes that hash to ${found}.`,
      'Restore an earlier version of the object, or restart the execution that made it.',
    );
  }

  /** Whether an object that is there was written lately; a deleted one was not. */
  async #isFresh(key: string): Promise<boolean> {
    const { headers } = await this.#request({ method: 'HEAD', key });
    return Date.parse(headers.get('last-modified') ?? '') > this.#clock.now() - FRESH_MS;
  }

  #refused(answer: ObjectAnswer, what: 'read' | 'write'): StoreUnavailable {
    // Without s3:ListBucket the service says 403 of what isn't there, too.
    const fix =
      answer.status === 403
        ? 'Allow the role s3:GetObject, s3:PutObject and s3:ListBucket on the bucket, and the use of its key; check the clock.'
        : 'Check that HOLDFAST_PAYLOAD_BUCKET names a bucket of this region, or deploy again.';
    return new StoreUnavailable(
      `S3 refused to ${what} a payload in the bucket ${this.#bucket}: ${describe(answer)}`,
      fix,
    );
  }
}

const keyOf = (hash: string): string => `payloads/${hash.slice(0, 2)}/${hash.slice(2)}`;

const isOk = ({ status }: ObjectAnswer): boolean => status >= 200 && status < 300;
