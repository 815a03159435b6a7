import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { StoreUnavailable } from '../../core/errors.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Errand, Errands } from '../../core/ports/errands.ts';
import type { PayloadStore } from '../../core/ports/payload-store.ts';
import { DELAY_SECONDS_MAX } from './delayed-messages.ts';
import { failure } from './failures.ts';
import { jsonOf, stray } from './message-body.ts';
import { BATCH_LIMITS } from './message-queue.ts';
import { batches, type Pauses, sendUntilTaken } from './retry.ts';

/** In base64, with the rest of its message, well within what SQS takes. */
const INLINE_BYTES_MAX = 512 * 1024;

export interface SqsErrandsOptions extends Pauses {
  client: Pick<SQSClient, 'send'>;
  /** Of a standard queue. */
  queueUrl: string;
  /** Keeps what is too large for a message. */
  payloads: Pick<PayloadStore, 'put'>;
  clock: Pick<Clock, 'now' | 'sleep'>;
}

/** Errands as messages of SQS. */
export class SqsErrands implements Errands {
  readonly #options: SqsErrandsOptions;

  constructor(options: SqsErrandsOptions) {
    this.#options = options;
  }

  async send(errands: readonly Errand[], atMs?: number): Promise<void> {
    const { clock } = this.#options;
    const seconds = atMs === undefined ? 0 : Math.ceil((atMs - clock.now()) / 1000);
    const delay = Math.min(DELAY_SECONDS_MAX, Math.max(0, seconds));
    const bodies = await Promise.all(errands.map((errand) => this.#bodyOf(errand)));
    for (const batch of batches(bodies, (body) => Buffer.byteLength(body), BATCH_LIMITS)) {
      const left = await sendUntilTaken(batch, (some) => this.#sendOnce(some, delay), this.#options);
      if (left.length > 0)
        throw new StoreUnavailable(
          `SQS did not take ${left.length} of ${batch.length} errands.`,
          'Try again in a moment; those that were taken are harmless to repeat.',
        );
    }
  }

  async #bodyOf(errand: Errand): Promise<string> {
    if (errand.type !== 'accept') return JSON.stringify(errand);
    const { payload, ...message } = errand.message;
    const at =
      payload.byteLength > INLINE_BYTES_MAX
        ? { payloadRef: await this.#options.payloads.put(payload) }
        : { payload: Buffer.from(payload).toString('base64') };
    return JSON.stringify({ ...errand, message: { ...message, ...at } });
  }

  async #sendOnce(bodies: readonly string[], DelaySeconds: number): Promise<string[]> {
    const { client, queueUrl: QueueUrl } = this.#options;
    const Entries = bodies.map((MessageBody, at) => ({ Id: String(at), MessageBody, DelaySeconds }));
    try {
      const { Failed = [] } = await client.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
      return Failed.map(({ Id }) => bodies[Number(Id)]!);
    } catch (error) {
      throw failure(error, `SQS did not take errands to ${QueueUrl}`);
    }
  }
}

/** Errors: `InvalidInput` for what is no errand, `StoreUnavailable`. */
export async function readErrand(body: string, payloads: Pick<PayloadStore, 'get'>): Promise<Errand> {
  const errand = parsed(body);
  if (errand.type !== 'accept') return errand as Errand;
  const {
    payload = '',
    payloadRef,
    ...message
  } = errand.message as {
    payload?: string;
    payloadRef?: string;
  };
  const bytes = payloadRef === undefined ? Buffer.from(payload, 'base64') : await payloads.get(payloadRef);
  if (bytes === undefined)
    throw new StoreUnavailable(
      `The payload ${payloadRef} of a message is not in the bucket.`,
      'Restore the payload bucket from a backup; payloads have to be kept for as long as messages wait.',
    );
  return { type: 'accept', message: { ...message, payload: new Uint8Array(bytes) } } as Errand;
}

const TYPES: Record<Errand['type'], true> = {
  accept: true,
  step: true,
  acknowledged: true,
  refused: true,
  wake: true,
  'tell-links': true,
  sweep: true,
};

function parsed(text: string): { type: Errand['type']; message?: object } {
  const errand = jsonOf(text) as { type?: string } | null;
  if (typeof errand?.type === 'string' && Object.hasOwn(TYPES, errand.type)) return errand as never;
  throw stray(`no errand: ${text.slice(0, 200)}`);
}
