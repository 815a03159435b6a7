/** What reads the table's stream: its records as the use cases take them, and which of them Lambda delivers again. */
import middy from '@middy/core';
import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import type { NewEvent } from '../../core/event/event.ts';
import type { DurationName } from '../../core/metrics/tally.ts';
import { ENGINE_TYPES } from '../../core/workflow/definition.ts';
import { executionIdOf, isTaskSk, META, runOf, taskIdOf } from './keys.ts';
import { lazily } from './lazily.ts';
import { logged } from './logger.ts';
import { newsOf, type StreamImage } from './news.ts';
import { expiredOf } from './purge.ts';

/** A function over the stream. `useCase` answers with the id of the first record that it has to be given again. */
export function outboxHandler<R>(
  decode: (id: string, record: DynamoDBRecord) => R,
  make: () => (records: R[]) => Promise<string | undefined>,
) {
  const useCase = lazily(make);
  return middy<DynamoDBStreamEvent, DynamoDBBatchResponse>()
    .use(logged())
    .handler(async ({ Records }) => {
      const failed = await useCase()(
        Records.map((record) => decode(record.dynamodb!.SequenceNumber!, record)),
      );
      return { batchItemFailures: failed === undefined ? [] : [{ itemIdentifier: failed }] };
    });
}

/** Several use cases over the same records: the first record that any of them has to be given again. */
export const allOf =
  <R extends { id: string }>(...useCases: ((records: R[]) => Promise<string | undefined>)[]) =>
  async (records: R[]): Promise<string | undefined> => {
    const failed = await Promise.all(useCases.map((useCase) => useCase(records)));
    return records.find(({ id }) => failed.includes(id))?.id;
  };

/** For `lambdas/report`. */
export const reportRecord = (id: string, { dynamodb }: DynamoDBRecord) => ({
  id,
  read: () => {
    const image = imageOf(dynamodb);
    const news = image && newsOf(image, id);
    return news && { news, events: news.events, duration: durationOf(image, news.events) };
  },
});

/** For `lambdas/dispatch` and `lambdas/purge`, which share a reader: a shard serves two at most. */
export const dispatchRecord = (id: string, { dynamodb, eventName }: DynamoDBRecord) => ({
  id,
  read: () => startableOf(imageOf(dynamodb)),
  expired: () => (eventName === 'REMOVE' ? expiredOf((dynamodb?.Keys ?? {}) as StreamImage) : undefined),
});

const imageOf = (dynamodb: DynamoDBRecord['dynamodb']) => dynamodb?.NewImage as StreamImage | undefined;

/** Attempts that their host saw to an end. */
const ATTEMPT_ENDS: ReadonlySet<string> = new Set(['task.succeeded', 'task.failed', 'task.attempt-failed']);

/** What a write brought to an end, as the item itself says when it began. */
function durationOf(
  image: StreamImage,
  events: readonly NewEvent[],
): { name: DurationName; seconds: number } | undefined {
  const startedMs = Number(image.startedMs?.N);
  if (Number.isNaN(startedMs)) return undefined;
  const since = (atMs: number) => Math.max(0, atMs - startedMs) / 1000;
  const endedMs = Number(image.endedMs?.N);
  if (image.sk?.S === META) {
    const hasEnded = events.some(({ atMs, type }) => type.startsWith('execution.') && atMs === endedMs);
    return hasEnded ? { name: 'workflow_duration_seconds', seconds: since(endedMs) } : undefined;
  }
  // The engine's own types wait; they make no attempts.
  if ((ENGINE_TYPES as readonly string[]).includes(image.type?.S ?? '')) return undefined;
  const end = events.find(({ type }) => ATTEMPT_ENDS.has(type));
  return end && { name: 'task_attempt_duration_seconds', seconds: since(end.atMs) };
}

/** A task, or an execution, by an image of it. */
function startableOf(image: StreamImage | undefined) {
  const executionId = executionIdOf(image?.pk?.S ?? '');
  const sk = image?.sk?.S ?? '';
  const status = image?.status?.S;
  if (executionId === undefined || status === undefined) return undefined;
  if (sk === META) {
    const isWaiting = status === 'QUEUED' && image?.admitToken === undefined;
    return { executionId, run: Number(image?.run?.N), isWaiting };
  }
  if (!isTaskSk(sk)) return undefined;
  const isWaiting = status === 'PENDING' && image?.remaining?.N === '0';
  return { executionId, taskId: taskIdOf(sk), run: runOf(sk), isWaiting };
}
