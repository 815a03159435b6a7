import { deadLetterQueueView, redriveView } from '../../core/api/views.ts';
import { type ApiDependencies, ok, type Routes } from './dependencies.ts';

type DeadLetterRoutes = Pick<Routes, 'listDeadLetters' | 'redriveDeadLetters'>;

export function deadLetterRoutes({ deadLetters }: ApiDependencies): DeadLetterRoutes {
  return {
    listDeadLetters: async ({ query: { queue } }) =>
      ok({ items: (await deadLetters.list(queue)).map(deadLetterQueueView) }),
    redriveDeadLetters: async ({ params: { queue = '' }, body: { limit } }) => {
      const redrive = await deadLetters.redrive(queue, limit);
      return { status: redrive.status === 'RUNNING' ? 202 : 200, body: redriveView(redrive) };
    },
  };
}
