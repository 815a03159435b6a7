import { costViewOf } from '../../core/api/cost-view.ts';
import { type ApiDependencies, ok, type Routes } from './dependencies.ts';

export function costRoutes({
  reader,
  workflows,
  taskTypes,
}: ApiDependencies): Pick<Routes, 'getExecutionCost'> {
  return {
    getExecutionCost: async ({ params: { id = '' } }) => {
      // Few ask; the others need not wait until it is loaded.
      const { costOf, readHistory } = await import('../../core/cost/index.ts');
      const types = await taskTypes.list();
      const longTypes = new Set(types.filter(({ long }) => long).map(({ type }) => type));
      return ok(costViewOf(id, await costOf(await readHistory({ reader, workflows }, id), { longTypes })));
    },
  };
}
