/** Work and its answers as messages in custody. */
import type { Message } from '../custody/message.ts';
import type { RemoteWork } from '../ports/remote-work.ts';
import { encodeWork } from './messages.ts';

/** Services that nodes offer each other. */
export const WORK = 'work';
export const ANSWERS = 'answers';

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
