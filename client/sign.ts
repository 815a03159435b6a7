/** Signs requests to an API Gateway with the AWS credentials of the environment (Signature Version 4). */
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';

export type Environment = Record<string, string | undefined>;

export interface SignedRequest {
  method: string;
  url: URL;
  headers: Record<string, string>;
  body: string | undefined;
}

/** The request's headers, with its signature among them. */
export type Sign = (request: SignedRequest) => Promise<Record<string, string>>;

const API_GATEWAY = /^[a-z0-9]+(?:-vpce-[a-z0-9]+)?\.execute-api\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?$/;

/** Whether it is an API Gateway's own address, which tells the region. */
export const isApiGateway = (url: string): boolean => API_GATEWAY.test(new URL(url).hostname);

/** Undefined unless `url` is an API Gateway's own and the environment has credentials. */
export function signerFor(url: string, env: Environment): Sign | undefined {
  const [, region] = API_GATEWAY.exec(new URL(url).hostname) ?? [];
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env;
  if (region === undefined || !accessKeyId || !secretAccessKey) return undefined;
  const credentials = { accessKeyId, secretAccessKey, sessionToken: env.AWS_SESSION_TOKEN || undefined };
  const load = async () => {
    const { SignatureV4 } = await import('@smithy/signature-v4');
    return new SignatureV4({ service: 'execute-api', region, credentials, sha256: Sha256 });
  };
  let signer: ReturnType<typeof load> | undefined;
  return async ({ method, url: { protocol, hostname, pathname, searchParams }, headers, body }) => {
    const signed = await (await (signer ??= load())).sign({
      method,
      protocol,
      hostname,
      path: pathname,
      query: Object.fromEntries(searchParams),
      headers: { ...headers, host: hostname },
      body,
    });
    const { host: _, ...rest } = signed.headers;
    return rest;
  };
}

/** As the signer asks for hashes, keyed or not. */
class Sha256 {
  readonly #hash;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? sha256.create() : hmac.create(sha256, bytesOf(secret));
  }

  update(chunk: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytesOf(chunk));
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  reset(): void {
    throw new Error('a signature is made in one go');
  }
}

function bytesOf(data: string | ArrayBuffer | ArrayBufferView): Uint8Array {
  if (typeof data === 'string') return utf8ToBytes(data);
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return new Uint8Array(data);
}
