import { checkFrameSize } from '../../core/node/frames.ts';
import type { Channel } from '../../core/node/node.ts';
import { downTopic } from '../../core/node/topics.ts';
import type { LinkClient } from '../../core/ports/link-client.ts';
import { failure } from './failures.ts';
import {
  type Answer,
  createSignedRequests,
  type SignedRequests,
  type SigningOptions,
} from './signed-requests.ts';

export interface IotLinkOptions extends SigningOptions {
  /** Replaces the address of IoT Core's messages. @default AWS's, in the region */
  endpoint?: string;
}

/**
 * Publishes through IoT Core, QoS 1, which takes frames for nodes that don't listen too: a node that is cut off is one whose reports
 * have ended. https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_Publish.html
 */
export class IotLinkClient implements LinkClient {
  readonly #options: IotLinkOptions;
  readonly #ask: SignedRequests;

  constructor(options: IotLinkOptions) {
    this.#options = options;
    this.#ask = createSignedRequests({
      ...options,
      service: 'iotdata',
      title: 'IoT Core',
      hasEscapedPaths: true,
      describe: (answer) => `${answer.status} ${textOf(answer)}`,
    });
  }

  async send(to: string, channel: Channel, frame: Uint8Array): Promise<void> {
    const topic = downTopic(to, channel);
    checkFrameSize(to, frame);
    const url = new URL(`${await this.#address()}/topics/${encodeURIComponent(topic)}?qos=1`);
    const headers = { 'content-type': 'application/octet-stream' };
    const answer = await this.#ask({ method: 'POST', url, headers, body: frame });
    if (answer.status < 300) return;
    const refusal = Object.assign(new Error(textOf(answer)), {
      name: answer.headers.get('x-amzn-errortype')?.split(':')[0] ?? `Status${answer.status}`,
      $metadata: { httpStatusCode: answer.status },
    });
    throw failure(refusal, `IoT Core did not take a message to ${topic}`);
  }

  async #address(): Promise<string> {
    const { endpoint, config } = this.#options;
    if (endpoint !== undefined) return endpoint.replace(/\/$/, '');
    const region = await config.region();
    return `https://data-ats.iot.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
  }
}

const textOf = ({ bytes }: Answer): string => new TextDecoder().decode(bytes.subarray(0, 200));
