import { type IoTDataPlaneClient, PublishCommand } from '@aws-sdk/client-iot-data-plane';
import { PayloadTooLarge } from '../../core/errors.ts';
import { downTopic } from '../../core/node/topics.ts';
import type { NodeLink } from '../../core/ports/node-link.ts';
import { failure } from './failures.ts';

/** https://docs.aws.amazon.com/general/latest/gr/iot-core.html#message-broker-limits */
export const PAYLOAD_BYTES_MAX = 131_072;

/** Publishes through IoT Core, QoS 1. */
export class IotNodeLink implements NodeLink {
  readonly #client: Pick<IoTDataPlaneClient, 'send'>;

  constructor({ client }: { client: Pick<IoTDataPlaneClient, 'send'> }) {
    this.#client = client;
  }

  async send(nodeId: string, channel: string, payload: Uint8Array): Promise<void> {
    const topic = downTopic(nodeId, channel);
    if (payload.length > PAYLOAD_BYTES_MAX) {
      throw new PayloadTooLarge(
        `A message to the node "${nodeId}" has ${payload.length} bytes; IoT Core takes ${PAYLOAD_BYTES_MAX}.`,
        'Send it in parts, or keep it in the payload store and send its reference.',
      );
    }
    try {
      await this.#client.send(new PublishCommand({ topic, payload, qos: 1 }));
    } catch (error) {
      throw failure(error, `IoT Core did not take a message to ${topic}`);
    }
  }
}
