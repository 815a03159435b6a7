/** Fails until the given attempt. */
import type { TaskContext } from '../../../core/task/handler.ts';

class NotYet extends Error {
  override readonly name = 'NotYet';
}

export const handler = ({ until }: { until: number }, { attempt }: TaskContext) => {
  if (attempt < until) throw new NotYet(`attempt ${attempt} of ${until}`);
  return { attempt };
};
