import { InvalidInput } from '../../core/errors.ts';
import { decodeWork } from '../../core/placement/messages.ts';
import { ANSWERS, WORK } from '../../core/placement/remote-work.ts';
import type { WorkEnd } from '../../core/ports/remote-work.ts';
import type { Worker } from './work.ts';

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
