import type { Form } from './form.ts';

/** `tasks:` with dependencies. The canonical form is this one with the canonical spellings. */
export const tasksForm: Form = { list: 'tasks', rules: {} };
