/** The store under test, opened anew for each test. */
import { afterEach, beforeEach } from 'vitest';
import type { ExecutionReader, ExecutionStore } from '../../core/ports/execution-store.ts';

export interface ExecutionStoreSubject {
  store: ExecutionStore;
  reader: ExecutionReader;
  /** Resolves once the reader's logs have all that was written; absent where they have it at once. */
  settled?(): Promise<void>;
  close(): void | Promise<void>;
}

export type OpenSubject = () => ExecutionStoreSubject | Promise<ExecutionStoreSubject>;

/** `use`: is given each one that was opened. */
export function useSubject<Subject extends ExecutionStoreSubject>(
  open: () => Subject | Promise<Subject>,
  use: (opened: Subject) => void,
) {
  let subject: Subject;
  beforeEach(async () => {
    subject = await open();
    use(subject);
  });
  afterEach(() => subject.close());
  const settled = async () => subject.settled?.();
  const eventsOf = async (id = 'e1') => {
    await settled();
    return subject.reader.events(id, { limit: 1000 });
  };
  return {
    settled,
    taskOf: (taskId: string, executionId = 'e1') => subject.store.task({ executionId, taskId }),
    eventsOf,
    seqs: async (id = 'e1') => (await eventsOf(id)).map(({ seq, type }) => `${seq} ${type}`),
  };
}
