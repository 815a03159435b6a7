import { afterAll } from 'vitest';
import { apiClient } from './api-client.ts';
import { openApiHost, WORKFLOW } from './api-host.ts';

/** The API for all tests of a file, with one workflow stored. */
export async function openApi() {
  const host = await openApiHost();
  afterAll(() => host.close());
  const call = apiClient(host);
  await call('POST', '/workflows', { body: WORKFLOW });
  const until = (id: string, type: string) =>
    call('GET', `/executions/${id}/events?waitMs=20000&types=${type}`);
  return {
    host,
    call,
    until,
    ended: (id: string) => until(id, 'execution.succeeded,execution.failed,execution.cancelled'),
    /** Stores it and starts it; returns the execution's id. */
    run: async (workflow: { name: string; tasks: object[] }): Promise<string> => {
      await call('POST', '/workflows', { body: workflow });
      const { body } = await call('POST', `/workflows/${workflow.name}/start`);
      return body.executionId as string;
    },
  };
}
