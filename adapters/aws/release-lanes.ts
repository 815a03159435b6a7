/**
 * Release lanes on SQS FIFO; see the port. A fixed set of queues, one a slot and precedence; a link has the queues of a slot for as
 * long as its contact is on (`lane-leases.ts`), so that thousands of links need no queue each. A message says which lease it is of: what
 * an earlier one left is deleted by whoever finds it. The group of a message is its flow, its deduplication id its bundle and
 * attempt, both of this lease.
 *
 * **What it costs.** A bundle is three requests, to send, to receive and to delete, shared by up to ten: $0.15 to $1.50 a million. A
 * call reads the leases, a read unit for each 4 KB or 30 slots; a contact writes them twice and once each five minutes, a write
 * unit for each KB.
 */
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { randomUUID } from 'node:crypto';
import { NotFound, StoreUnavailable } from '../../core/errors.ts';
import type { Lane, LaneLink, Released, ReleaseLanes, Taken } from '../../core/ports/release-lanes.ts';
import type { Precedence } from '../../core/satellite/precedence.ts';
import { failure, isNamed } from './failures.ts';
import type { LaneLeases, Lease } from './lane-leases.ts';
import { type LaneMessage, laneMessageOf, messageOf } from './lane-messages.ts';
import { SqsMessageQueue } from './message-queue.ts';
import { batches, type Pauses, sendUntilTaken } from './retry.ts';

export interface SqsReleaseLanesOptions {
  client: Pick<SQSClient, 'send'>;
  leases: Pick<LaneLeases, 'find' | 'take' | 'giveBack'>;
  /** The URL of each queue, with `{slot}`, from 0, and `{precedence}` in it. */
  queueUrls: string;
  pauses: Pauses;
}

interface Got {
  message: LaneMessage | undefined;
  handle: string;
}

const BATCH_MAX = 10;
/** The longest that SQS hides a message. */
const HIDDEN_SECONDS_MAX = 12 * 3600;
const COUNTS = [
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesNotVisible',
  'ApproximateNumberOfMessagesDelayed',
] as const;

export class SqsReleaseLanes implements ReleaseLanes {
  readonly #options: SqsReleaseLanesOptions;

  constructor(options: SqsReleaseLanesOptions) {
    this.#options = options;
  }

  async put(lane: Lane, released: readonly Released[]): Promise<void> {
    if (released.length === 0) return;
    const { client, leases, pauses } = this.#options;
    const { slot, number } = await leases.take(lane);
    const queueUrl = this.#urlOf(slot, lane.precedence);
    const queue = new SqsMessageQueue({ client, queueUrl, ...pauses });
    await this.#ask('take', () => queue.send(released.map((one) => messageOf(one, number))));
  }

  async take(lane: Lane, max: number, holdMs: number): Promise<Taken[]> {
    const lease = await this.#options.leases.find(lane);
    if (!lease) return [];
    const url = this.#urlOf(lease.slot, lane.precedence);
    const taken: Taken[] = [];
    while (taken.length < max) {
      const count = Math.min(BATCH_MAX, max - taken.length);
      const isFirst = taken.length === 0;
      const got = await (isFirst
        ? this.#receiveFirst(url, count, holdMs)
        : this.#receive(url, count, holdMs));
      if (got.length === 0) break;
      const { own, isOver } = await this.#sort(url, lease, got);
      taken.push(...own);
      if (isOver) break;
    }
    return taken;
  }

  async done(lane: Lane, taken: readonly Taken[]): Promise<void> {
    for (const [url, handles] of this.#handlesOf(lane, taken)) await this.#delete(url, handles);
  }

  async giveBack(lane: Lane, taken: readonly Taken[]): Promise<void> {
    for (const [url, handles] of this.#handlesOf(lane, taken)) await this.#show(url, handles);
  }

  async depth(lane: Lane): Promise<number> {
    const lease = await this.#options.leases.find(lane);
    if (!lease) return 0;
    const counts = await this.#counts(this.#urlOf(lease.slot, lane.precedence));
    return COUNTS.reduce((sum, name) => sum + Number(counts[name] ?? 0), 0);
  }

  close(link: LaneLink): Promise<void> {
    return this.#options.leases.giveBack(link);
  }

  #urlOf(slot: number, precedence: Precedence): string {
    return this.#options.queueUrls.replace('{slot}', String(slot)).replace('{precedence}', precedence);
  }

  /** Deletes what earlier leases left. What a later one put shows that this one is over: it goes back. */
  async #sort(
    url: string,
    { slot, number }: Lease,
    got: readonly Got[],
  ): Promise<{ own: Taken[]; isOver: boolean }> {
    const own: Taken[] = [];
    const stale: string[] = [];
    const later: string[] = [];
    for (const { message, handle } of got) {
      if (message?.lease === number) own.push({ ...message.released, receipt: `${slot}#${handle}` });
      else if (message && message.lease > number) later.push(handle);
      else stale.push(handle);
    }
    await this.#delete(url, stale);
    await this.#show(url, later);
    return { own, isOver: later.length > 0 };
  }

  /** SQS asks a sample of its servers, unless it may wait: none may mean that the others have some. */
  async #receiveFirst(url: string, count: number, holdMs: number): Promise<Got[]> {
    const first = await this.#receive(url, count, holdMs);
    if (first.length > 0) return first;
    const { ApproximateNumberOfMessages: visible = '0' } = await this.#counts(url);
    return Number(visible) === 0 ? [] : this.#receive(url, count, holdMs, 1);
  }

  async #receive(url: string, count: number, holdMs: number, waitSeconds = 0): Promise<Got[]> {
    const receive = new ReceiveMessageCommand({
      QueueUrl: url,
      MaxNumberOfMessages: count,
      VisibilityTimeout: Math.min(HIDDEN_SECONDS_MAX, Math.ceil(holdMs / 1000)),
      WaitTimeSeconds: waitSeconds,
      // The same for the client's own retries: one whose answer got lost hides nothing.
      ReceiveRequestAttemptId: randomUUID(),
    });
    const { Messages = [] } = await this.#ask('give', () => this.#options.client.send(receive));
    return Messages.map(({ Body = '', ReceiptHandle = '' }: Message) => ({
      message: laneMessageOf(Body),
      handle: ReceiptHandle,
    }));
  }

  async #counts(url: string): Promise<Partial<Record<string, string>>> {
    const get = new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: [...COUNTS] });
    return (await this.#ask('count', () => this.#options.client.send(get))).Attributes ?? {};
  }

  /** Receipts say whose slot they are of: the lease may be another's by now. */
  #handlesOf({ precedence }: Lane, taken: readonly Taken[]): Map<string, string[]> {
    const handles = new Map<string, string[]>();
    for (const { receipt } of taken) {
      const at = receipt.indexOf('#');
      const url = this.#urlOf(Number(receipt.slice(0, at)), precedence);
      const known = handles.get(url) ?? [];
      if (known.length === 0) handles.set(url, known);
      known.push(receipt.slice(at + 1));
    }
    return handles;
  }

  #delete(url: string, handles: readonly string[]): Promise<void> {
    return this.#each('delete', handles, (some) => {
      const Entries = some.map((ReceiptHandle, at) => ({ Id: String(at), ReceiptHandle }));
      return this.#options.client.send(new DeleteMessageBatchCommand({ QueueUrl: url, Entries }));
    });
  }

  #show(url: string, handles: readonly string[]): Promise<void> {
    return this.#each('give back', handles, (some) => {
      const Entries = some.map((ReceiptHandle, at) => ({
        Id: String(at),
        ReceiptHandle,
        VisibilityTimeout: 0,
      }));
      return this.#options.client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: url, Entries }));
    });
  }

  /** Handles that SQS refuses are of messages that are gone, or that somebody else holds by now. */
  async #each(
    doing: string,
    handles: readonly string[],
    send: (some: readonly string[]) => Promise<{ Failed?: { Id?: string; SenderFault?: boolean }[] }>,
  ): Promise<void> {
    for (const batch of batches(handles, () => 0, { countMax: BATCH_MAX, bytesMax: 0 })) {
      const sendSome = async (some: readonly string[]): Promise<string[]> => {
        const { Failed = [] } = await this.#ask(doing, () => send(some));
        return Failed.filter(({ SenderFault }) => !SenderFault).map(({ Id }) => some[Number(Id)]!);
      };
      const left = await sendUntilTaken(batch, sendSome, this.#options.pauses);
      if (left.length > 0)
        throw new StoreUnavailable(
          `SQS did not ${doing} ${left.length} of ${batch.length} messages of a lane.`,
          'Try again in a moment; they come again by themselves.',
        );
    }
  }

  async #ask<Answer>(doing: string, ask: () => Promise<Answer>): Promise<Answer> {
    try {
      return await ask();
    } catch (error) {
      if (!isNamed(error, 'QueueDoesNotExist'))
        throw failure(error, `SQS did not ${doing} messages of a lane`);
      throw new NotFound(
        `SQS lacks a queue of HOLDFAST_LANE_QUEUES, ${this.#options.queueUrls}.`,
        'Deploy again, which makes as many as HOLDFAST_LANES says, for each precedence.',
        { cause: error },
      );
    }
  }
}
