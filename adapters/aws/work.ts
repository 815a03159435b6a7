/** Hands work to other nodes: as messages that whoever moves bundles takes into custody. */
import { createRemoteWork } from '../../core/placement/remote-work.ts';
import { lazily } from './lazily.ts';
import { clock } from './machine.ts';
import { errands } from './errand-queue.ts';

export const work = lazily(() =>
  createRemoteWork((message) =>
    // A message that the queue delivers twice is one bundle, so its time is that of now.
    errands().send([{ type: 'accept', message: { createdMs: clock.now(), ...message } }]),
  ),
);
