/** A client that tells what it wrote and used, and dies when it is told to. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { emulators, localCredentials } from './dynamodb.ts';

/** The process is gone: neither this call nor a later one is made. */
export class Crash extends Error {
  override readonly name = 'Crash';
}

interface Capacity {
  CapacityUnits?: number;
}

export class WatchedClient {
  readonly client: DynamoDBClient;
  /** Calls that were made. */
  calls = 0;
  writeUnits = 0;
  readUnits = 0;
  /** Writes of each item. */
  readonly writes = new Map<string, number>();
  #callsMax = Infinity;
  #losesNext = false;
  #beforeWrite: { sk: string; act: () => Promise<unknown> } | undefined;

  constructor() {
    this.client = new DynamoDBClient({ ...localCredentials, endpoint: emulators!.dynamodbUrl });
    this.client.middlewareStack.add(
      (next, context) => async (args) => {
        if (this.calls >= this.#callsMax) throw new Crash('the process is gone');
        this.calls++;
        const input = args.input as Record<string, unknown>;
        const isOne = /^(Put|Update|Delete)Item/.test(context.commandName ?? '');
        const isWrite = isOne || context.commandName === 'TransactWriteItemsCommand';
        if (isOne) await this.#count((input.Key ?? input.Item) as Record<string, { S: string }>);
        const result = await next({ ...args, input: { ...input, ReturnConsumedCapacity: 'TOTAL' } as never });
        this.#meter(
          (result.output as { ConsumedCapacity?: Capacity | Capacity[] }).ConsumedCapacity,
          isWrite,
        );
        return result;
      },
      { step: 'initialize' },
    );
    // Below the client's own retries.
    this.client.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args);
        if (!this.#losesNext) return result;
        this.#losesNext = false;
        throw Object.assign(new Error('socket hang up'), { name: 'TimeoutError', code: 'ECONNRESET' });
      },
      { step: 'finalizeRequest', priority: 'low' },
    );
  }

  /** Makes the next call, and loses its answer on the way; the client tries again by itself. */
  loseAnswer(): void {
    this.#losesNext = true;
  }

  /** Makes so many calls more, and then none. */
  crashAfter(calls: number): void {
    this.#callsMax = this.calls + calls;
  }

  /** Lets somebody else act just before the next write of an item. */
  beforeWrite(sk: string, act: () => Promise<unknown>): void {
    this.#beforeWrite = { sk, act };
  }

  async #count({ pk, sk }: Record<string, { S: string }>): Promise<void> {
    const other = this.#beforeWrite?.sk === sk!.S ? this.#beforeWrite : undefined;
    if (other) this.#beforeWrite = undefined;
    await other?.act();
    const key = `${pk!.S} ${sk!.S}`;
    this.writes.set(key, (this.writes.get(key) ?? 0) + 1);
  }

  #meter(capacity: Capacity | Capacity[] | undefined, isWrite: boolean): void {
    for (const { CapacityUnits = 0 } of [capacity ?? []].flat()) {
      if (isWrite) this.writeUnits += CapacityUnits;
      else this.readUnits += CapacityUnits;
    }
  }
}
