/** Opens contacts, drains them, and closes them at their end. */
import { carriage } from '../../adapters/aws/carriage.ts';
import { contactLeases, contactTimers } from '../../adapters/aws/contacts.ts';
import { readContact } from '../../adapters/aws/contact-timers.ts';
import { logger } from '../../adapters/aws/logger.ts';
import { clock } from '../../adapters/aws/machine.ts';
import { queueHandler } from '../../adapters/aws/queue-handler.ts';
import { createForward } from '../forward/forward.ts';
import { createContact } from './contact.ts';

export const handler = queueHandler(readContact, () => {
  const forward = createForward(carriage());
  return createContact({
    open: (contact) => forward.openContact(contact),
    drain: (contact, isOver) => forward.drain(contact, isOver),
    leases: contactLeases(),
    call: (call, atMs) => contactTimers().call(call, atMs),
    clock,
    logger,
  });
});
