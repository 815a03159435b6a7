/** What bundles are for that end at this host, on AWS. */
import { engine } from '../adapters/aws/engine.ts';
import { answerWith } from './answer.ts';
import { createPlaceAgain } from './offer/offer.ts';
import { createTakeAnswer } from './work/answer.ts';
import { workServices } from './work/services.ts';
import { createWork } from './work/work.ts';

export function createDestination() {
  const ports = engine();
  const worker = createWork(ports);
  const takeAnswer = createTakeAnswer({ ...ports, answer: answerWith(ports) });
  return { services: workServices({ worker, takeAnswer }), placeAgain: createPlaceAgain(ports) };
}
