/** Work and its answers as messages in custody. */
import type { Message } from '../custody/message.ts';
import { InvalidInput } from '../errors.ts';
import type { RemoteWork, WorkParent } from '../ports/remote-work.ts';
import { encodeWork } from './messages.ts';

/** Services that nodes offer each other. */
export const WORK = 'work';
export const ANSWERS = 'answers';
/** Is told of work that was deleted on its way. */
export const PLACED = 'placed';

/** Of a cancel, which nobody waits for. */
const CANCEL = { precedence: 'priority', lifetimeMs: 24 * 3_600_000 } as const;

/** @param accept takes a message into custody, durably; the same id again changes nothing */
export function createRemoteWork(accept: (message: Message) => Promise<unknown>): RemoteWork {
  return {
    async start(to, work) {
      const { id, precedence, sinceMs, untilMs } = work;
      const how = { precedence, createdMs: sinceMs, lifetimeMs: Math.max(1, Math.ceil(untilMs - sinceMs)) };
      await accept({
        id: `start ${id}`,
        to,
        service: WORK,
        payload: encodeWork({ type: 'start', ...work }),
        ...how,
        ...reportTo(work.parent),
      });
    },
    async cancel(to, id) {
      await accept({
        id: `cancel ${id}`,
        to,
        service: WORK,
        payload: encodeWork({ type: 'cancel', id }),
        ...CANCEL,
      });
    },
    async answer(to, end, how) {
      const payload = encodeWork({ type: 'ended', ...end });
      await accept({ id: `ended ${end.id}`, to, service: ANSWERS, payload, ...how });
    },
  };
}

/** Of an endpoint, beside the ids of two nodes. */
const ADDRESS_CHARACTERS_MAX = 900;

/** Where a report finds the task that waits. A task of an id too long for an address waits until its time is over. */
function reportTo({ executionId, taskId, attempt, run }: WorkParent): Pick<Message, 'reportTo'> {
  const service = [PLACED, executionId, taskId, attempt, run].map(encodeURIComponent).join('/');
  return service.length > ADDRESS_CHARACTERS_MAX ? {} : { reportTo: service };
}

const ADDRESS = /^placed\/([^/]+)\/([^/]+)\/([1-9]\d{0,14})\/([1-9]\d{0,14})$/;

/** The task in the address of a report. Errors: `InvalidInput`. */
export function waitingIn(service: string): WorkParent {
  const [, executionId, taskId, attempt, run] = ADDRESS.exec(service) ?? [];
  try {
    if (executionId !== undefined && taskId !== undefined)
      return {
        executionId: decodeURIComponent(executionId),
        taskId: decodeURIComponent(taskId),
        attempt: Number(attempt),
        run: Number(run),
      };
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
  }
  throw new InvalidInput(
    `The address ${service.slice(0, 200)} names no task.`,
    'Report to the address that the bundle gives: placed/<execution>/<task>/<attempt>/<run>.',
  );
}
