import type { DynamoDBRecord } from 'aws-lambda';
import { describe, expect, test } from 'vitest';
import { marshal, type Values } from '../../../adapters/aws/item.ts';
import { newsAttribute } from '../../../adapters/aws/news.ts';
import { dispatchRecord, reportRecord } from '../../../adapters/aws/outbox.ts';
import type { NewEvent } from '../../../core/event/event.ts';

/** A record as Lambda gives it: bytes as base64. */
const record = (item: Values): DynamoDBRecord => {
  const attributes = Object.entries(marshal(item)).map(([name, value]) => [
    name,
    value.B === undefined ? value : { B: Buffer.from(value.B).toString('base64') },
  ]);
  const NewImage = Object.fromEntries(attributes) as NonNullable<DynamoDBRecord['dynamodb']>['NewImage'];
  return { dynamodb: { SequenceNumber: '7', NewImage } };
};
const task = (values: Values): Values => ({
  pk: 'E#ex',
  sk: 'T#a#t1',
  type: 'resize',
  remaining: 0,
  rev: 3,
  ...values,
});
const told = (item: Values, ...events: NewEvent[]) =>
  reportRecord('7', record({ ...item, news: newsAttribute(events) })).read();

describe('a record of the stream', () => {
  test('tells of its events, and how long the attempt took that ended with them', () => {
    const event: NewEvent = { atMs: 3500, type: 'task.succeeded', taskId: 't1', attempt: 1 };
    const { news, events, duration } = told(
      task({ status: 'SUCCEEDED', startedMs: 1000, endedMs: 3500 }),
      event,
    )!;
    expect(events).toEqual([event]);
    expect(news).toMatchObject({ executionId: 'ex', id: 'T#a#t1#3', events: [event] });
    expect(duration).toEqual({ name: 'task_attempt_duration_seconds', seconds: 2.5 });
  });

  test('tells of events that are kept compressed', () => {
    const event: NewEvent = { atMs: 1, type: 'signal.received', data: { payload: 'x'.repeat(50_000) } };
    expect(told({ pk: 'E#ex', sk: 'S#1' }, event)?.events).toEqual([event]);
  });

  test('tells how long an execution took that ended with it, and only then', () => {
    const meta = { pk: 'E#ex', sk: 'META', status: 'FAILED', startedMs: 1000, endedMs: 5000 };
    expect(told(meta, { atMs: 5000, type: 'execution.failed' })?.duration).toEqual({
      name: 'workflow_duration_seconds',
      seconds: 4,
    });
    expect(
      told({ ...meta, endedMs: undefined }, { atMs: 5, type: 'execution.paused' })?.duration,
    ).toBeUndefined();
  });

  test('tells of no duration where there was no attempt, or it goes on', () => {
    const times = { startedMs: 1000, endedMs: 3000 };
    const end: NewEvent = { atMs: 3000, type: 'task.succeeded' };
    expect(told(task({ type: 'signal', ...times }), end)?.duration).toBeUndefined();
    expect(told(task({ endedMs: 3000 }), { atMs: 3000, type: 'task.skipped' })?.duration).toBeUndefined();
    expect(told(task({ startedMs: 1000 }), { atMs: 1000, type: 'task.started' })?.duration).toBeUndefined();
  });

  test('of anything else tells nothing, and starts nothing', () => {
    for (const item of [
      task({ status: 'RUNNING' }),
      { pk: 'FEED', sk: '1', news: '[]' },
      { pk: 'CONN#1', sk: 'C' },
    ])
      expect(reportRecord('7', record(item)).read()).toBeUndefined();
    for (const item of [
      { pk: 'L#ex', sk: '1' },
      { pk: 'E#ex', sk: 'B#x', text: '' },
      { pk: 'SUB#ex', sk: 'c' },
    ])
      expect(dispatchRecord('7', record(item)).read()).toBeUndefined();
    expect(reportRecord('7', {}).read()).toBeUndefined();
    expect(dispatchRecord('7', {}).read()).toBeUndefined();
  });

  test('fails to be read when no writer left it so', () => {
    expect(() => reportRecord('7', record(task({ news: '{' }))).read()).toThrow(SyntaxError);
  });

  test('shows a task that is READY, of its run, or what became of it', () => {
    const shown = (values: Values) => dispatchRecord('7', record(task(values))).read();
    expect(shown({ status: 'PENDING' })).toEqual({
      executionId: 'ex',
      taskId: 't1',
      run: 1,
      isWaiting: true,
    });
    expect(shown({ status: 'RUNNING' })?.isWaiting).toBe(false);
    expect(shown({ status: 'PENDING', remaining: 2 })?.isWaiting).toBe(false);
    expect(shown({ status: 'PENDING', sk: 'T#2-abc#t#1' })).toMatchObject({ taskId: 't#1', run: 2 });
  });

  test('shows an execution that nobody took up, or that somebody did', () => {
    const shown = (values: Values) =>
      dispatchRecord('7', record({ pk: 'E#ex', sk: 'META', run: 2, ...values })).read();
    expect(shown({ status: 'QUEUED' })).toEqual({ executionId: 'ex', run: 2, isWaiting: true });
    expect(shown({ status: 'QUEUED', admitToken: 'token' })?.isWaiting).toBe(false);
    expect(shown({ status: 'RUNNING' })?.isWaiting).toBe(false);
  });
});
