import { expect, test } from 'vitest';
import { createCaughtUp } from '../../../core/api/caught-up.ts';
import type { EventType } from '../../../core/event/event.ts';

/** A log whose events end one a second. */
function caughtUp(...types: EventType[]) {
  const log = types.map((type, at) => ({ executionId: 'ex', seq: at + 1, atMs: at + 1, type }));
  return createCaughtUp(
    { newest: async () => log.length },
    { events: async (_id, { afterSeq = 0, limit }) => log.slice(afterSeq, afterSeq + limit) },
  );
}

test.each<[string, boolean, number, EventType[]]>([
  ['is empty', false, 1, []],
  ['lacks the end', false, 2, ['execution.submitted']],
  ['tells of the end', true, 2, ['execution.submitted', 'execution.cancelled']],
  ['tells of the end before a redrive', false, 4, ['execution.failed', 'execution.redriven', 'task.started']],
  ['tells only of an earlier end', false, 2, ['execution.failed']],
])('a log that %s has caught up: %s', async (_what, is, endedMs, types) => {
  expect(await caughtUp(...types)({ id: 'ex', endedMs })).toBe(is);
});
