import type { CommittedEvent } from '../../core/api/committed-events.ts';
import type { NewEvent } from '../../core/event/event.ts';
import { countersOf, type DurationName } from '../../core/metrics/tally.ts';
import type { EventBus } from '../../core/ports/event-bus.ts';
import type { Metrics } from '../../core/ports/metrics.ts';
import type { Push } from '../../core/socket/push.ts';
import type { Logger } from '../../core/task/handler.ts';

/** What a committed write tells of. */
export interface Told<News> {
  /** As the log takes it. */
  news: News;
  events: readonly NewEvent[];
  /** What came to an end with it, and how long it had taken. */
  duration?: { name: DurationName; seconds: number };
}

/** A write that the host's outbox delivers, at least once, those of an execution in order. */
export interface ReportRecord<News> {
  /** By which the outbox is asked to deliver it again. */
  id: string;
  /** Undefined: nothing. Throws for what no writer has left there. */
  read: () => Told<News> | undefined;
}

export interface ReportPorts<News> {
  /** Numbers what is new; answers with the events of all of it, new or not. */
  log: { append(news: readonly News[]): Promise<CommittedEvent[]> };
  push: Pick<Push, 'news'>;
  bus: EventBus;
  metrics: Metrics;
  logger: Pick<Logger, 'error'>;
}

/**
 * Tells of committed writes: in the log, to subscribers, on the bus, in the metrics. Answers with the id of the first record that
 * could not be told of, for it and those after it to be delivered again; undefined when all were. What is delivered again is
 * numbered once and pushed once; the bus may carry it twice.
 */
export function createReport<News>({ log, push, bus, metrics, logger }: ReportPorts<News>) {
  return async (records: readonly ReportRecord<News>[]): Promise<string | undefined> => {
    const { readable, unreadable } = readUpToFault(records);
    const failed = (await tryToTell(readable)) ?? unreadable;
    if (failed === undefined) return undefined;
    logger.error('A write could not be told of; it is delivered again.', {
      record: failed.id,
      error: textOf(failed.error),
    });
    return failed.id;
  };

  /** All at once, which is cheap; where that fails one by one, to find which it is. */
  async function tryToTell(readable: readonly Readable<News>[]): Promise<Failed | undefined> {
    try {
      await tell(readable.map(({ told }) => told));
      return undefined;
    } catch (error) {
      if (readable.length === 1) return { id: readable[0]!.id, error };
    }
    for (const { id, told } of readable) {
      try {
        await tell([told]);
      } catch (error) {
        return { id, error };
      }
    }
    return undefined;
  }

  async function tell(all: readonly Told<News>[]): Promise<void> {
    if (all.length === 0) return;
    const committed = await log.append(all.map(({ news }) => news));
    const public_ = committed.map(({ event }) => event).filter(({ type }) => type.startsWith('execution.'));
    const ends = await Promise.allSettled([
      push.news(committed),
      public_.length > 0 ? bus.publish(public_) : undefined,
    ]);
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
    count(all);
  }

  function count(all: readonly Told<News>[]): void {
    for (const { events, duration } of all) {
      for (const event of events)
        for (const [name, label] of countersOf(event)) metrics.count(name, label, 1);
      if (duration) metrics.measure(duration.name, duration.seconds);
    }
    metrics.flush();
  }
}

interface Readable<News> {
  id: string;
  told: Told<News>;
}

interface Failed {
  id: string;
  error: unknown;
}

/** What comes after an unreadable record waits until that one has been set aside. */
function readUpToFault<News>(records: readonly ReportRecord<News>[]): {
  readable: Readable<News>[];
  unreadable?: Failed;
} {
  const readable: Readable<News>[] = [];
  for (const record of records) {
    try {
      const told = record.read();
      if (told !== undefined) readable.push({ id: record.id, told });
    } catch (error) {
      return { readable, unreadable: { id: record.id, error } };
    }
  }
  return { readable };
}

const textOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);
