import type { ListRules } from '../task-list.ts';

/** One way of writing a workflow, known by the name of its list of tasks. */
export interface Form {
  list: 'tasks' | 'steps' | 'jobs';
  rules: ListRules;
}
