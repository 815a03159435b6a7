import type { Form } from './form.ts';

/**
 * `jobs:` that set each other off with `on_success` and `on_failure`; those edges are read for every form. A job that is
 * set off runs when one of its edges is satisfied; one with `always_run` and no edge runs at the end.
 */
export const jobsForm: Form = { list: 'jobs', rules: {} };
