import {
  type ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import { PayloadTooLarge } from '../../core/errors.ts';
import type { Connections } from '../../core/ports/connections.ts';
import { failure, isNamed } from './failures.ts';

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html */
export const MESSAGE_BYTES_MAX = 131_072;

/** The connections of a WebSocket API of API Gateway. */
export class ApiGatewayConnections implements Connections {
  readonly #client: Pick<ApiGatewayManagementApiClient, 'send'>;
  /** The last message on its way to each connection: the next one waits for it, so that they arrive in order. */
  readonly #underWay = new Map<string, Promise<unknown>>();

  constructor({ client }: { client: Pick<ApiGatewayManagementApiClient, 'send'> }) {
    this.#client = client;
  }

  /** Errors: `PayloadTooLarge`, `StoreUnavailable`. */
  async post(connectionId: string, text: string): Promise<boolean> {
    const bytes = new TextEncoder().encode(text);
    if (bytes.length > MESSAGE_BYTES_MAX) {
      throw new PayloadTooLarge(
        `A message to a WebSocket connection has ${bytes.length} bytes; API Gateway takes ${MESSAGE_BYTES_MAX}.`,
        'Send less at once, and let the client fetch what is large over HTTP.',
      );
    }
    const before = this.#underWay.get(connectionId);
    const post = async () => {
      await before?.catch(() => undefined);
      return this.#send(new PostToConnectionCommand({ ConnectionId: connectionId, Data: bytes }));
    };
    const sent = post();
    this.#underWay.set(connectionId, sent);
    try {
      return await sent;
    } finally {
      if (this.#underWay.get(connectionId) === sent) this.#underWay.delete(connectionId);
    }
  }

  /** Errors: `StoreUnavailable`. */
  async disconnect(connectionId: string): Promise<void> {
    await this.#send(new DeleteConnectionCommand({ ConnectionId: connectionId }));
  }

  /** False: the connection is closed, or not open yet (410). */
  async #send(command: PostToConnectionCommand | DeleteConnectionCommand): Promise<boolean> {
    try {
      await this.#client.send(command as PostToConnectionCommand);
      return true;
    } catch (error) {
      if (isNamed(error, 'GoneException')) return false;
      throw failure(error, 'API Gateway did not reach a WebSocket connection');
    }
  }
}
