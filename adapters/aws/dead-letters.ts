import {
  GetQueueAttributesCommand,
  ListDeadLetterSourceQueuesCommand,
  ListMessageMoveTasksCommand,
  type ListMessageMoveTasksResultEntry,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import { Conflict, NotFound } from '../../core/errors.ts';
import {
  type DeadLetter,
  type DeadLetterQueue,
  type DeadLetters,
  type Redrive,
  SHOWN_LENGTH_MAX,
  SHOWN_MAX,
} from '../../core/ports/dead-letters.ts';
import { moveMessages } from './dead-letter-move.ts';
import { failure, isNamed } from './failures.ts';

export interface SqsDeadLettersOptions {
  client: Pick<SQSClient, 'send'>;
  queueUrls: readonly string[];
}

interface Queue {
  url: string;
  arn: string;
  messageCount: number;
  sourceUrls: string[];
}

export const queueName = (urlOrArn: string): string => urlOrArn.split(/[/:]/).at(-1)!;

/** Dead-letter queues of SQS, FIFO or standard. */
export class SqsDeadLetters implements DeadLetters {
  readonly #client: SqsDeadLettersOptions['client'];
  readonly #urls: ReadonlyMap<string, string>;

  constructor({ client, queueUrls }: SqsDeadLettersOptions) {
    this.#client = client;
    this.#urls = new Map(queueUrls.map((url) => [queueName(url), url]));
  }

  async list(name?: string): Promise<DeadLetterQueue[]> {
    const urls = name === undefined ? [...this.#urls.values()] : [this.#urlOf(name)];
    return this.#ask('show', () =>
      Promise.all(
        urls.map(async (url) => {
          const queue = await this.#look(url);
          const last = queue.sourceUrls.length > 0 ? await this.#lastMove(queue) : undefined;
          return {
            name: queueName(url),
            sources: queue.sourceUrls.map(queueName).sort(),
            messageCount: queue.messageCount,
            ...(last && { redrive: redriveOf(last) }),
            ...(name !== undefined && { messages: await this.#peek(url) }),
          };
        }),
      ),
    );
  }

  async redrive(name: string, limit?: number): Promise<Redrive> {
    const url = this.#urlOf(name);
    return this.#ask('move', async () => {
      const queue = await this.#look(url);
      if (queue.sourceUrls.length === 0) {
        throw new Conflict(
          `No queue sends its dead letters to "${name}", so it is not known where they should go.`,
          'Look at its messages with GET /dead-letters?queue=…, and repeat by hand what they ask for.',
        );
      }
      const last = await this.#lastMove(queue);
      if (last?.Status === 'RUNNING') return redriveOf(last);
      if (limit === undefined) return this.#start(queue);
      const movedCount = await moveMessages(this.#client, queue, limit);
      return { status: 'COMPLETED', movedCount };
    });
  }

  async #start(queue: Queue): Promise<Redrive> {
    try {
      await this.#client.send(new StartMessageMoveTaskCommand({ SourceArn: queue.arn }));
    } catch (error) {
      // Somebody else may have begun since: SQS moves the messages of a queue once at a time.
      const last = await this.#lastMove(queue);
      if (last?.Status === 'RUNNING') return redriveOf(last);
      throw error;
    }
    return { status: 'RUNNING', movedCount: 0, totalCount: queue.messageCount };
  }

  async #look(url: string): Promise<Queue> {
    const { Attributes = {} } = await this.#client.send(
      new GetQueueAttributesCommand({
        QueueUrl: url,
        AttributeNames: [
          'QueueArn',
          'ApproximateNumberOfMessages',
          'ApproximateNumberOfMessagesNotVisible',
          'ApproximateNumberOfMessagesDelayed',
        ],
      }),
    );
    const { QueueArn = '', ...counts } = Attributes;
    const sourceUrls: string[] = [];
    let NextToken: string | undefined;
    do {
      const page = await this.#client.send(
        new ListDeadLetterSourceQueuesCommand({ QueueUrl: url, MaxResults: 1000, NextToken }),
      );
      sourceUrls.push(...(page.queueUrls ?? []));
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
    const messageCount = Object.values(counts).reduce((sum, text) => sum + Number(text), 0);
    return { url, arn: QueueArn, messageCount, sourceUrls };
  }

  async #lastMove({ arn }: Queue): Promise<ListMessageMoveTasksResultEntry | undefined> {
    const list = new ListMessageMoveTasksCommand({ SourceArn: arn, MaxResults: 1 });
    return (await this.#client.send(list)).Results?.[0];
  }

  /** Visible again at once: looking takes nothing away. */
  async #peek(url: string): Promise<DeadLetter[]> {
    const { Messages = [] } = await this.#client.send(
      new ReceiveMessageCommand({
        QueueUrl: url,
        MaxNumberOfMessages: SHOWN_MAX,
        VisibilityTimeout: 0,
        MessageSystemAttributeNames: ['SentTimestamp', 'MessageGroupId'],
      }),
    );
    return Messages.map(letterOf);
  }

  #urlOf(name: string): string {
    const url = this.#urls.get(name);
    if (url !== undefined) return url;
    const known = [...this.#urls.keys()].map((one) => `"${one}"`).join(', ');
    throw new NotFound(
      `There is no dead-letter queue "${name}".`,
      known === '' ? 'This host has none.' : `There are ${known}.`,
    );
  }

  async #ask<Answer>(doing: string, ask: () => Promise<Answer>): Promise<Answer> {
    try {
      return await ask();
    } catch (error) {
      if (isNamed(error, 'QueueDoesNotExist')) {
        throw new NotFound(
          `SQS has no queue of a URL in HOLDFAST_DEAD_LETTER_QUEUES: ${[...this.#urls.values()].join(', ')}.`,
          'Deploy again, which sets the URLs of the queues that there are.',
          { cause: error },
        );
      }
      throw failure(error, `SQS did not ${doing} dead letters`);
    }
  }
}

function letterOf({ MessageId = '', Body = '', Attributes = {} }: Message): DeadLetter {
  const { SentTimestamp, MessageGroupId } = Attributes;
  return {
    id: MessageId,
    ...(MessageGroupId !== undefined && { group: MessageGroupId }),
    sentMs: Number(SentTimestamp),
    body: Body.slice(0, SHOWN_LENGTH_MAX),
    bodyBytes: Buffer.byteLength(Body),
  };
}

function redriveOf(task: ListMessageMoveTasksResultEntry): Redrive {
  const { Status = 'RUNNING', StartedTimestamp, FailureReason } = task;
  return {
    status: Status === 'CANCELLING' ? 'RUNNING' : (Status as Redrive['status']),
    movedCount: task.ApproximateNumberOfMessagesMoved ?? 0,
    ...(task.ApproximateNumberOfMessagesToMove !== undefined && {
      totalCount: task.ApproximateNumberOfMessagesToMove,
    }),
    ...(StartedTimestamp !== undefined && { startedMs: StartedTimestamp }),
    ...(FailureReason !== undefined && { reason: FailureReason }),
  };
}
