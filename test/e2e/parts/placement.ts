import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Edge, type EdgeOptions, openEdge } from '../../../edge/edge.ts';
import { JoinFailed } from '../../../edge/join.ts';
import { createLogger } from '../../../embedded/log.ts';
import { type OpenHost, useHost } from '../host.ts';

const PATIENCE = { timeout: 60_000, interval: 250 };

const survey = (id: string, capability: string) => ({
  id,
  type: 'survey',
  capability,
  input: { name: id },
});

/** Nodes that join, and tasks that run on them. */
export function placement(open: OpenHost): void {
  describe('placement', () => {
    const host = useHost(open);
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-nodes-'));
    const nodes: Edge[] = [];

    const tokenOf = async (): Promise<string> => (await host.http.post('/join-tokens', {})).body.token;

    async function joined(nodeId: string, options: Partial<EdgeOptions>): Promise<Edge> {
      const edge = await openEdge({
        hubUrl: host.url,
        nodeId,
        token: await tokenOf(),
        dataDir: `${folder}/${nodeId}`,
        channels: [{ channel: 'primary', ...(await host.broker()) }],
        logger: createLogger('silent'),
        ...options,
      });
      nodes.push(edge);
      return edge;
    }

    const conditionOf = async (nodeId: string) =>
      (await host.http.get(`/nodes/${nodeId}`)).body.condition?.condition;

    beforeAll(async () => {
      await joined('scout', {
        capabilities: ['camera'],
        tasks: {
          survey: async ({ name }: { name: string }) => ({ seen: `${name} by scout` }),
        },
      });
      await vi.waitUntil(async () => (await conditionOf('scout')) === 'nominal', PATIENCE);
    }, 2 * PATIENCE.timeout);
    afterAll(async () => {
      for (const node of nodes) await node.close();
      rmSync(folder, { recursive: true, force: true });
    });

    test('runs a task on the node that has what it needs, and goes on with its answer', async () => {
      const id = await host.begin({
        name: 'placed',
        tasks: [
          survey('ridge', 'camera'),
          { id: 'tell', type: 'pass', dependsOn: ['ridge'], input: { told: '${ridge.output.seen}' } },
        ],
      });
      const { data } = await host.taskEvent(id, 'ridge', 'task.placed');
      expect(data.node).toBe('scout');
      expect(data.reason).toContain('hub lacks camera');
      expect(await host.ended(id)).toMatchObject({
        status: 'SUCCEEDED',
        output: { told: 'ridge by scout' },
      });
    });

    test('fails a task by what its node says of it', async () => {
      const id = await host.begin({
        name: 'wrongly-placed',
        tasks: [{ id: 'where', type: 'validation', capability: 'camera', input: { data: 1 } }],
      });
      expect((await host.ended(id)).status).toBe('FAILED');
      expect((await host.task(id, 'where')).nodeId).toBe('scout');
    });

    test('parks what no node can run, until one joins that can', async () => {
      const id = await host.begin({ name: 'early', tasks: [survey('summit', 'drone')] });
      const { data } = await host.taskEvent(id, 'summit', 'task.parked');
      expect(data.reason).toContain('no node can run what needs drone');
      await joined('flyer', {
        capabilities: ['drone'],
        tasks: { survey: async ({ name }: { name: string }) => ({ seen: `${name} by flyer` }) },
      });
      expect(await host.ended(id)).toMatchObject({ output: { seen: 'summit by flyer' } });
    });

    test('hands over what has a large input, and takes a large answer', async () => {
      const name = 'x'.repeat(150_000);
      const id = await host.begin({
        name: 'large',
        tasks: [{ ...survey('plain', 'camera'), input: { name } }],
      });
      const { status, output } = await host.ended(id);
      expect([status, (output as { seen: string }).seen.length]).toEqual(['SUCCEEDED', name.length + 9]);
    });

    test('has nothing left on the way', async () => {
      const left = async () => {
        const { queues } = (await host.http.get('/queues')).body as { queues: { to: string }[] };
        return queues.filter(({ to }) => nodes.some(({ nodeId }) => nodeId === to));
      };
      await expect.poll(left, PATIENCE).toEqual([]);
      expect((await host.http.get('/queues')).body.totals.dead.bundles).toBe(0);
    });

    test('refuses nodes without a token that is good, and a second one of a name', async () => {
      const hubUrl = host.url;
      const logger = createLogger('silent');
      const at = { hubUrl, logger, channels: [{ channel: 'primary' as const }] };
      const asked = (more: object) =>
        openEdge({ ...at, nodeId: 'thief', dataDir: `${folder}/thief`, ...more });
      await expect(asked({ token: 'made-up' })).rejects.toThrow(JoinFailed);
      await expect(asked({ token: await tokenOf(), nodeId: 'scout' })).rejects.toThrow('(409)');
      await expect(asked({ token: await tokenOf(), nodeId: 'hub' })).rejects.toThrow('(400)');
      expect((await host.http.get('/nodes/thief')).status).toBe(404);
    });

    test(
      'tells a node that another one is gone',
      async () => {
        const [scout, flyer] = ['scout', 'flyer'].map((id) => nodes.find(({ nodeId }) => nodeId === id)!);
        nodes.splice(nodes.indexOf(flyer!), 1);
        await flyer!.close();
        const { network } = scout!.orchestrator;
        const told = async () =>
          (await network.linkStates()).find(({ linkId }) => linkId === 'hub-flyer-primary');
        await expect.poll(told, PATIENCE).toMatchObject({ status: 'down', isTold: true });
      },
      PATIENCE.timeout,
    );

    test('takes credentials back, once', async () => {
      const take = () => host.http.send('DELETE', '/nodes/flyer/credentials');
      expect([(await take()).status, (await take()).status]).toEqual([200, 404]);
    });
  });
}
