/** Work and its answers as messages in custody. */
import type { Message } from '../../core/custody/message.ts';
import { InvalidInput } from '../../core/errors.ts';
import { decodeWork, encodeWork } from '../../core/placement/messages.ts';
import type { RemoteWork, WorkEnd } from '../../core/ports/remote-work.ts';
import type { Worker } from './work.ts';

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

export interface WorkServicePorts {
  worker: Worker;
  takeAnswer: (from: string, end: WorkEnd) => Promise<unknown>;
}

/** By name; `source` is the node that sent the payload. Errors: `InvalidInput` for what belongs to another service. */
export function workServices({ worker, takeAnswer }: WorkServicePorts) {
  return {
    async [WORK](payload: Uint8Array, { source }: { source: string }): Promise<void> {
      const message = decodeWork(payload);
      if (message.type === 'ended') throw misplaced(message.type, WORK);
      const { type, ...rest } = message;
      if (type === 'cancel') return worker.cancel(source, rest.id);
      return worker.start(source, rest as Parameters<Worker['start']>[1]);
    },
    async [ANSWERS](payload: Uint8Array, { source }: { source: string }): Promise<void> {
      const message = decodeWork(payload);
      if (message.type !== 'ended') throw misplaced(message.type, ANSWERS);
      await takeAnswer(source, message);
    },
  };
}

const misplaced = (type: string, service: string): InvalidInput =>
  new InvalidInput(
    `A message "${type}" came to the service ${service}.`,
    `Send it to ${service === WORK ? ANSWERS : WORK}.`,
  );
