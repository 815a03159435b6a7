import {
  type EventBridgeClient,
  PutEventsCommand,
  type PutEventsRequestEntry,
} from '@aws-sdk/client-eventbridge';
import { StoreUnavailable } from '../../core/errors.ts';
import type { HoldfastEvent } from '../../core/event/event.ts';
import type { EventBus } from '../../core/ports/event-bus.ts';
import { failure } from './failures.ts';
import { batches, type Pauses, sendUntilTaken } from './retry.ts';

/** What rules match on; the detail type is the event's type, the detail the event. */
export const EVENT_SOURCE = 'holdfast';
/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html: ten entries, less than 256 KB together. */
export const BATCH_LIMITS = { countMax: 10, bytesMax: 256 * 1024 - 1 };
/** As EventBridge counts a `Time`. */
const TIME_BYTES = 14;

export interface EventBridgeBusOptions extends Pauses {
  client: Pick<EventBridgeClient, 'send'>;
  busName: string;
}

/** Publishes to a bus of EventBridge. An event too large for it goes without its `data`, and says so by `dataOmitted`. */
export class EventBridgeBus implements EventBus {
  readonly #options: EventBridgeBusOptions;

  constructor(options: EventBridgeBusOptions) {
    this.#options = options;
  }

  async publish(events: readonly HoldfastEvent[]): Promise<void> {
    const entries = events.map((event) => entryOf(event, this.#options.busName));
    for (const batch of batches(entries, sizeBytes, BATCH_LIMITS)) {
      let reason = '';
      const left = await sendUntilTaken(
        batch,
        async (items) => {
          const failed = await this.#put(items);
          reason = failed[0]?.reason ?? '';
          return failed.map(({ entry }) => entry);
        },
        this.#options,
      );
      if (left.length === 0) continue;
      throw new StoreUnavailable(
        `EventBridge did not take ${left.length} of ${batch.length} events: ${reason}.`,
        'Publish them again in a moment. If it lasts, look at the quotas of PutEvents in this region.',
      );
    }
  }

  async #put(
    entries: readonly PutEventsRequestEntry[],
  ): Promise<{ entry: PutEventsRequestEntry; reason: string }[]> {
    try {
      const { Entries = [] } = await this.#options.client.send(
        new PutEventsCommand({ Entries: [...entries] }),
      );
      // An answer stands where its entry stood.
      return Entries.flatMap(({ ErrorCode, ErrorMessage }, index) =>
        ErrorCode === undefined ? [] : [{ entry: entries[index]!, reason: `${ErrorCode}: ${ErrorMessage}` }],
      );
    } catch (error) {
      throw failure(error, 'EventBridge did not take events');
    }
  }
}

function entryOf(event: HoldfastEvent, EventBusName: string): PutEventsRequestEntry {
  const { data: _, ...bare } = event;
  const entry = { Source: EVENT_SOURCE, DetailType: event.type, Time: new Date(event.atMs), EventBusName };
  const full = { ...entry, Detail: JSON.stringify(event) };
  if (sizeBytes(full) <= BATCH_LIMITS.bytesMax) return full;
  return { ...entry, Detail: JSON.stringify({ ...bare, dataOmitted: true }) };
}

const sizeBytes = ({ Source = '', DetailType = '', Detail = '' }: PutEventsRequestEntry): number =>
  TIME_BYTES + Buffer.byteLength(Source) + Buffer.byteLength(DetailType) + Buffer.byteLength(Detail);
