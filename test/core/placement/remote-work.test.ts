import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeEid } from '../../../core/bundle/eid.ts';
import type { Message } from '../../../core/custody/message.ts';
import { InvalidInput } from '../../../core/errors.ts';
import { createRemoteWork, waitingIn } from '../../../core/placement/remote-work.ts';
import type { Work, WorkParent } from '../../../core/ports/remote-work.ts';

async function reportToOf(parent: WorkParent): Promise<string | undefined> {
  const sent: Message[] = [];
  const work: Work = {
    id: 'wk_1',
    kind: 'task',
    definition: { name: 'one', tasks: [] } as unknown as Work['definition'],
    variables: {},
    priority: 5,
    parent,
    precedence: 'routine',
    sinceMs: 1,
    untilMs: 2,
  };
  await createRemoteWork(async (message) => sent.push(message)).start('edge-1', work);
  return sent[0]!.reportTo;
}

test('a start asks for reports to an address that names the task that waits, whatever its id', async () => {
  const id = fc.string({ minLength: 1, maxLength: 60, unit: 'grapheme' });
  const count = fc.integer({ min: 1, max: 1e9 });
  await fc.assert(
    fc.asyncProperty(id, id, count, count, async (executionId, taskId, attempt, run) => {
      const parent = { executionId, taskId, attempt, run };
      const reportTo = await reportToOf(parent);
      if (reportTo === undefined) return;
      expect(() => encodeEid(`dtn://hub/${reportTo}`)).not.toThrow();
      expect(waitingIn(reportTo)).toEqual(parent);
    }),
  );
});

test('a start asks for no report where the id of its task is too long for an address', async () => {
  const parent = { executionId: 'exe_1', attempt: 1, run: 1 };
  expect(await reportToOf({ ...parent, taskId: '測'.repeat(200) })).toBeUndefined();
  expect(await reportToOf({ ...parent, taskId: 'a'.repeat(200) })).toBeDefined();
});

test.each([
  'placed',
  'placed/a/b/0/1',
  'placed/a/b/1',
  'placed/%/b/1/1',
  'answers/a/b/1/1',
  'placed/a/b/1/1/1',
])('an address %s is refused', (address) => {
  expect(() => waitingIn(address)).toThrow(InvalidInput);
});
