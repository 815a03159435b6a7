/** What waits for a contact: booked in the ledger, called when it begins, carried by the lanes. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { QueuesView } from '../../core/api/queue-schemas.ts';
import { useHost } from '../e2e/host.ts';
import { passing } from '../e2e/parts/passing.ts';
import { deployedHost } from './host.ts';
import { onDeployment } from './on-deployment.ts';

const PATIENCE = { timeout: 90_000, interval: 500 };
/** So that it is booked before. */
const BEGINS_SECONDS = 20;
const ENDS_SECONDS = 80;
const WINDOW = `+${BEGINS_SECONDS} +${ENDS_SECONDS}`;
const PLAN = ['hub far', 'far hub']
  .flatMap((way) => [`a contact ${WINDOW} ${way} 100000`, `a range ${WINDOW} ${way} 0`])
  .join('\n');

onDeployment('contacts', (deployment) => {
  passing(deployedHost(deployment), { there: [25, 65], back: [80, 140] });

  describe('a contact of the deployed host', () => {
    const host = useHost(deployedHost(deployment));
    let hadHub = true;
    let startsMs = 0;

    beforeAll(async () => {
      hadHub = (await host.http.get('/nodes/hub')).status === 200;
      if (!hadHub) await host.http.post('/nodes', { id: 'hub', kind: 'cloud', capabilities: [] });
      await host.http.post('/nodes', { id: 'far', kind: 'edge', capabilities: ['relay'] });
      startsMs = Date.now();
      const made = await host.http.post('/contact-plans', { name: 'passes', plan: PLAN, startsMs });
      expect(made.status, JSON.stringify(made.body)).toBe(201);
    });
    afterAll(async () => {
      await host.http.send('DELETE', '/contact-plans/passes');
      await host.http.send('DELETE', '/nodes/far');
      if (!hadHub) await host.http.send('DELETE', '/nodes/hub');
    });

    const toFar = async () => {
      const { queues } = (await host.http.get('/queues')).body as QueuesView;
      return queues.filter(({ to }) => to === 'far');
    };

    test('carries nothing before it begins, and what waits for it then', async () => {
      const id = await host.begin({
        name: 'passing',
        tasks: [{ id: 'there', type: 'pass', capability: 'relay', input: { n: 1 } }],
      });
      await host.taskEvent(id, 'there', 'task.placed');
      await expect
        .poll(async () => (await toFar()).map(({ link, booked }) => [link, booked]), PATIENCE)
        .toEqual([['plan:passes', 1]]);
      expect(Date.now()).toBeLessThan(startsMs + BEGINS_SECONDS * 1000);
      await expect.poll(async () => (await toFar()).map(({ released }) => released), PATIENCE).toEqual([1]);
      expect(Date.now()).toBeGreaterThanOrEqual(startsMs + BEGINS_SECONDS * 1000);
      await host.http.post(`/executions/${id}/cancel`, { reason: 'the test is over' });
      expect((await host.ended(id)).status).toBe('CANCELLED');
    });
  });
});
