/** Whatever can be asked of Holdfast, on AWS; loaded by the first that is asked. */
import { later, lazily } from '../adapters/aws/lazily.ts';
import type { Operations } from '../core/api/operations.ts';

export const operations = later<Operations>(
  {
    submit: true,
    validate: true,
    start: true,
    submitTask: true,
    cancel: true,
    pause: true,
    resume: true,
    redrive: true,
    restart: true,
    signal: true,
  },
  lazily(async () => {
    const [{ engine }, { answerWith }, { createOperations }] = await Promise.all([
      import('../adapters/aws/engine.ts'),
      import('./answer.ts'),
      import('./operations.ts'),
    ]);
    const ports = engine();
    return createOperations({ ...ports, answer: answerWith(ports) });
  }),
);
