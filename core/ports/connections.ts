/** Clients whose sockets are held by somebody else: the API Gateway. Known by the id that it gave them. */
export interface Connections {
  /** Sends one text message, at most 128 KB. False: the client is gone. Rejects when it can not be known whether it was sent. */
  post(connectionId: string, text: string): Promise<boolean>;
  /** Closes a connection; one that is gone is no error. */
  disconnect(connectionId: string): Promise<void>;
}
