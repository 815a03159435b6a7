import type { Connections } from '../../core/ports/connections.ts';
import type { Client } from './socket.suite.ts';

/** Clients by connection, as an API Gateway would hold them. */
export class Gateway implements Connections {
  readonly clients = new Map<string, Client>();
  /** Messages that arrived. */
  posts = 0;
  post: (connectionId: string, text: string) => Promise<boolean> = async (connectionId, text) => {
    await Promise.resolve();
    const client = this.clients.get(connectionId);
    if (client === undefined || client.closed) return false;
    this.posts++;
    client.took(text);
    return true;
  };
  async disconnect(connectionId: string): Promise<void> {
    this.clients.get(connectionId)?.wasClosed();
  }
}
