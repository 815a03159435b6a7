import { PayloadTooLarge } from '../../core/errors.ts';
import { downTopic } from '../../core/node/topics.ts';
import type { NodeLink } from '../../core/ports/node-link.ts';
import { failure } from './failures.ts';
import {
  type Answer,
  createSignedRequests,
  type SignedRequests,
  type SigningOptions,
} from './signed-requests.ts';

/** https://docs.aws.amazon.com/general/latest/gr/iot-core.html#message-broker-limits */
export const PAYLOAD_BYTES_MAX = 131_072;

export interface IotNodeLinkOptions extends SigningOptions {
  /** Replaces the address of IoT Core's messages. @default AWS's, in the region */
  endpoint?: string;
}

/** Publishes through IoT Core, QoS 1: https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_Publish.html */
export class IotNodeLink implements NodeLink {
  readonly #options: IotNodeLinkOptions;
  readonly #ask: SignedRequests;

  constructor(options: IotNodeLinkOptions) {
    this.#options = options;
    this.#ask = createSignedRequests({
      ...options,
      service: 'iotdata',
      title: 'IoT Core',
      hasEscapedPaths: true,
      describe: (answer) => `${answer.status} ${textOf(answer)}`,
    });
  }

  async send(nodeId: string, channel: string, payload: Uint8Array): Promise<void> {
    const topic = downTopic(nodeId, channel);
    if (payload.length > PAYLOAD_BYTES_MAX) {
      throw new PayloadTooLarge(
        `A message to the node "${nodeId}" has ${payload.length} bytes; IoT Core takes ${PAYLOAD_BYTES_MAX}.`,
        'Send it in parts, or keep it in the payload store and send its reference.',
      );
    }
    const url = new URL(`${await this.#address()}/topics/${encodeURIComponent(topic)}?qos=1`);
    const headers = { 'content-type': 'application/octet-stream' };
    const answer = await this.#ask({ method: 'POST', url, headers, body: payload });
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
