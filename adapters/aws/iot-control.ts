import { failure, isTransient } from './failures.ts';
import {
  type Answer,
  createSignedRequests,
  type SignedRequest,
  type SignedRequests,
  type SigningOptions,
} from './signed-requests.ts';

export interface IotControlOptions extends SigningOptions {
  /** Replaces IoT Core's own address. @default AWS's, in the region */
  endpoint?: string;
}

export interface IotRequest {
  query?: Record<string, string>;
  /** Whose thing, certificate or policy it is about, where that goes into a header. */
  principal?: string;
  body?: object;
}

/** https://docs.aws.amazon.com/iot/latest/apireference/API_Operations_AWS_IoT.html */
export class IotControl {
  readonly #options: IotControlOptions;
  readonly #ask: SignedRequests;

  constructor(options: IotControlOptions) {
    this.#options = options;
    this.#ask = createSignedRequests({
      ...options,
      service: 'iot',
      title: 'IoT Core',
      isBusy: (answer) => isTransient({ name: codeOf(answer) }),
      describe: (answer) => `${answer.status} ${codeOf(answer)} ${messageOf(answer)}`.trimEnd(),
    });
  }

  /** The answer's JSON. Errors: named as IoT Core names them, `StoreUnavailable`. */
  async send<Result = object>(
    method: SignedRequest['method'],
    path: string,
    { query = {}, principal, body }: IotRequest = {},
  ): Promise<Result> {
    const url = new URL(`${await this.#address()}${path}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const answer = await this.#ask({
      method,
      url,
      headers: {
        ...(principal !== undefined && { 'x-amzn-principal': principal }),
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: new TextEncoder().encode(JSON.stringify(body)) }),
    });
    const text = new TextDecoder().decode(answer.bytes);
    if (answer.status < 300) return (text === '' ? {} : JSON.parse(text)) as Result;
    const refusal = Object.assign(new Error(messageOf(answer)), {
      name: codeOf(answer),
      $metadata: { httpStatusCode: answer.status },
    });
    throw failure(refusal, `IoT Core did not take ${method} of ${path}`);
  }

  async #address(): Promise<string> {
    const { endpoint, config } = this.#options;
    if (endpoint !== undefined) return endpoint.replace(/\/$/, '');
    const region = await config.region();
    return `https://iot.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
  }
}

/** `ResourceNotFoundException`: in a header, which may go on after a colon, or in the body. */
function codeOf({ headers, bytes, status }: Answer): string {
  const told = headers.get('x-amzn-errortype')?.split(':')[0];
  return told || field(bytes, '__type') || `Status${status}`;
}

const messageOf = ({ bytes }: Answer): string =>
  field(bytes, 'message') ?? new TextDecoder().decode(bytes.subarray(0, 200));

function field(bytes: Uint8Array, name: string): string | undefined {
  try {
    const value = (JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>)[name];
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
