import { afterAll, beforeAll, expect, test } from 'vitest';
import { apiClient } from './api-client.ts';
import { type ApiHost, openApiHost, WORKFLOW } from './api-host.ts';

let host: ApiHost;
let call: ReturnType<typeof apiClient>;
beforeAll(async () => {
  host = await openApiHost();
  call = apiClient(host);
  await call('POST', '/workflows', { body: WORKFLOW });
});
afterAll(() => host.close());

async function ran(body = {}): Promise<string> {
  const { body: started } = await call('POST', '/workflows/greet/start', { body });
  const id = started.executionId as string;
  while ((await call('GET', `/executions/${id}`)).body.endedMs === undefined) await host.clock.sleep(5);
  return id;
}

test('says what an execution costs, line by line', async () => {
  const { status, body } = await call('GET', `/executions/${await ran()}/cost`);
  expect(status).toBe(200);
  expect(body).toMatchObject({ tasks: 2, executions: 1, region: 'us-east-1' });
  const sum = body.lines.reduce((usd: number, line: { usd: number }) => usd + line.usd, 0);
  expect(body.usd).toBeCloseTo(sum, 12);
  expect(body.usdPerMillionTasks).toBeCloseTo(sum * 500_000, 6);
  // Admit, Seed, Await, Settle, with Start and End.
  expect(body.lines).toContainEqual(
    expect.objectContaining({ service: 'Step Functions', unit: 'state transitions', quantity: 6 }),
  );
});

test('says the same again, whatever the history is looked at', async () => {
  const id = await ran({ variables: { who: 'them' } });
  const first = await call('GET', `/executions/${id}/cost`);
  expect((await call('GET', `/executions/${id}/cost`)).body).toEqual(first.body);
});

test('refuses an execution that there is not', async () => {
  const { status, body } = await call('GET', '/executions/nope/cost');
  expect(status).toBe(404);
  expect(body.detail).toContain('nope');
});
