import {
  type DynamoDBClient,
  PutItemCommand,
  TransactionCanceledException,
  TransactionConflictException,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';

/** A client whose transactions clash as often as on a busy table: the emulator's never do. */
export function clashing(client: DynamoDBClient): DynamoDBClient {
  const send = (command: Parameters<DynamoDBClient['send']>[0]) => {
    if (command instanceof TransactWriteItemsCommand && Math.random() < 0.3)
      throw new TransactionCanceledException({
        message: 'clash',
        $metadata: {},
        CancellationReasons: command.input.TransactItems!.map(() => ({ Code: 'TransactionConflict' })),
      });
    const isHolder = command instanceof PutItemCommand && command.input.Item!.pk!.S!.startsWith('SLOTS#');
    if (isHolder && Math.random() < 0.1)
      throw new TransactionConflictException({ message: 'clash', $metadata: {} });
    return client.send(command);
  };
  return { send: async (command: never) => send(command) } as unknown as DynamoDBClient;
}
