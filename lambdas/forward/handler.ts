/** Does what is to be done about bundles: takes errands from their queue. */
import { bundleMetrics } from '../../adapters/aws/bundle-numbers.ts';
import { carriage } from '../../adapters/aws/carriage.ts';
import { errands } from '../../adapters/aws/errand-queue.ts';
import { readErrand } from '../../adapters/aws/errands.ts';
import { here } from '../../adapters/aws/here.ts';
import { lazily } from '../../adapters/aws/lazily.ts';
import { logger } from '../../adapters/aws/logger.ts';
import { clock, payloads, table } from '../../adapters/aws/machine.ts';
import { DynamoNetworkStore } from '../../adapters/aws/network-store.ts';
import { queueHandler } from '../../adapters/aws/queue-handler.ts';
import type { Message } from '../../core/custody/message.ts';
import { NETWORK_SERVICE } from '../../core/network/news.ts';
import { createCustody } from './custody.ts';
import { createErrands } from './errands.ts';
import { createForward } from './forward.ts';
import { createMeasure } from './measure.ts';
import type { Service } from './ports.ts';
import { createTellLinks } from './tell-links.ts';
import { createTell } from './tell.ts';

/** Loaded with the first payload, or task to be placed: most bundles only pass, or are acknowledged. */
const destination = lazily(() =>
  import('../destination.ts').then(({ createDestination }) => createDestination()),
);

const service =
  (name: 'work' | 'answers' | 'placed'): Service =>
  async (payload, delivered) =>
    (await destination()).services[name](payload, delivered);

/** Loaded by the first contact that is on. */
const contacts = () => import('../../adapters/aws/contacts.ts');

const perform = lazily(() => {
  const teller = {
    node: here(),
    network: new DynamoNetworkStore(table()),
    send: (message: Message) => run({ type: 'accept', message }),
    clock,
  };
  const telling = createTell({ ...teller, logger });
  const services = {
    work: service('work'),
    answers: service('answers'),
    placed: service('placed'),
    [NETWORK_SERVICE]: telling.service,
  };
  const ports = { ...carriage(), services };
  const custody = createCustody(ports);
  const { perform: run } = createErrands({
    ...ports,
    accept: (message) => custody.accept(message),
    forward: createForward(ports),
    errands: errands(),
    drain: async (contact) => {
      const { contactLeases, contactTimers } = await contacts();
      if (await contactLeases().ask(contact)) return;
      await contactTimers().call({ ...contact, isOpened: true }, clock.now());
    },
    tell: telling.tell,
    tellLinks: createTellLinks(teller),
    placeAgain: async () => (await destination()).placeAgain(),
    measure: createMeasure({ ...ports, metrics: bundleMetrics }),
  });
  return run;
});

export const handler = queueHandler(
  (body) => readErrand(body, payloads()),
  () => perform(),
);
