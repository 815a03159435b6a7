import { InvalidInput } from '../../core/errors.ts';
import { decodeWork } from '../../core/placement/messages.ts';
import { ANSWERS, PLACED, waitingIn, WORK } from '../../core/placement/remote-work.ts';
import type { WorkEnd } from '../../core/ports/remote-work.ts';
import type { Worker } from './work.ts';

export interface WorkServicePorts {
  worker: Worker;
  takeAnswer: (from: string, end: Omit<WorkEnd, 'id'>) => Promise<unknown>;
}

/** What a service is told beside a payload; see `Delivered`. */
interface Told {
  source: string;
  service: string;
  deletion?: { destination: string; by: string; reason: string };
}

/** By name. Errors: `InvalidInput` for what belongs to another service. */
export function workServices({ worker, takeAnswer }: WorkServicePorts) {
  return {
    async [WORK](payload: Uint8Array, { source }: Pick<Told, 'source'>): Promise<void> {
      const message = decodeWork(payload);
      if (message.type === 'ended') throw misplaced(message.type, WORK);
      const { type, ...rest } = message;
      if (type === 'cancel') return worker.cancel(source, rest.id);
      return worker.start(source, rest as Parameters<Worker['start']>[1]);
    },
    async [ANSWERS](payload: Uint8Array, { source }: Pick<Told, 'source'>): Promise<void> {
      const message = decodeWork(payload);
      if (message.type !== 'ended') throw misplaced(message.type, ANSWERS);
      await takeAnswer(source, message);
    },
    /** Work that was deleted on its way was not done: its task need not wait until its time is over. */
    async [PLACED](_: Uint8Array, { service, deletion }: Told): Promise<void> {
      const parent = waitingIn(service);
      if (deletion === undefined)
        throw new InvalidInput('A message came where reports are expected.', `Send it to ${WORK}.`);
      const { destination, by, reason } = deletion;
      const cause = `${destination} was not reached: ${by} gave the work up: ${reason}`;
      const failure = { error: UNREACHABLE, cause, retryable: true };
      await takeAnswer(destination, { parent, result: { ok: false, failure } });
    },
  };
}

/** As of a node that does not answer in time. */
const UNREACHABLE = 'NodeUnreachable';

const misplaced = (type: string, service: string): InvalidInput =>
  new InvalidInput(
    `A message "${type}" came to the service ${service}.`,
    `Send it to ${service === WORK ? ANSWERS : WORK}.`,
  );
