import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { QueuesView } from '../../../core/api/queue-schemas.ts';
import { type Edge, openEdge } from '../../../edge/edge.ts';
import { createLogger } from '../../../embedded/log.ts';
import { type OpenHost, useHost } from '../host.ts';

/** Seconds from the plan's beginning on; one way each. */
export interface Passes {
  there: readonly [begins: number, ends: number];
  back: readonly [begins: number, ends: number];
}

const RATE_BITS_PER_SECOND = 100_000;

/** A node that is reached, and answers, only when a satellite passes. */
export function passing(open: OpenHost, { there, back }: Passes): void {
  const patience = { timeout: (back[1] + 60) * 1000, interval: 500 };
  const contact = ([begins, ends]: Passes['there'], way: string) => [
    `a contact +${begins} +${ends} ${way} ${RATE_BITS_PER_SECOND}`,
    `a range +${begins} +${ends} ${way} 0`,
  ];
  const plan = [...contact(there, 'hub mast'), ...contact(back, 'mast hub')].join('\n');

  describe('a node in reach of passes only', { timeout: 2 * patience.timeout }, () => {
    const host = useHost(open);
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-mast-'));
    let hadHub = true;
    let mast: Edge | undefined;
    let startsMs = 0;
    let ranMs = 0;
    const atSecond = (second: number) => startsMs + second * 1000;

    const made = async (path: string, body: object) => {
      const answer = await host.http.post(path, body);
      expect(answer.status, JSON.stringify(answer.body)).toBe(201);
    };

    beforeAll(async () => {
      hadHub = (await host.http.get('/nodes/hub')).status === 200;
      if (!hadHub) await made('/nodes', { id: 'hub', kind: 'cloud', capabilities: [] });
      await made('/nodes', { id: 'mast', kind: 'edge', capabilities: ['radar'] });
      for (const [from, to] of [
        ['hub', 'mast'],
        ['mast', 'hub'],
      ]) {
        const link = { id: `${from}-${to}-satellite`, from, to, channel: 'satellite', viaContacts: true };
        await made('/links', { ...link, rateBitsPerSecond: RATE_BITS_PER_SECOND, delayMs: 0 });
      }
      startsMs = Date.now();
      await made('/contact-plans', { name: 'mast', plan, startsMs });
      mast = await openEdge({
        hubUrl: host.url,
        nodeId: 'mast',
        token: (await host.http.post('/join-tokens', {})).body.token,
        dataDir: folder,
        capabilities: ['radar'],
        channels: [{ channel: 'satellite', ...(await host.broker()) }],
        logger: createLogger('silent'),
        tasks: {
          sweep: async ({ of }: { of: string }) => {
            ranMs = Date.now();
            return { seen: `${of} by mast` };
          },
        },
      });
    }, 60_000);
    afterAll(async () => {
      await mast?.close();
      rmSync(folder, { recursive: true, force: true });
      for (const path of [
        '/nodes/mast/credentials',
        '/contact-plans/mast',
        '/links/hub-mast-satellite',
        '/links/mast-hub-satellite',
        '/nodes/mast',
        ...(hadHub ? [] : ['/nodes/hub']),
      ])
        expect([path, (await host.http.send('DELETE', path)).status < 300]).toEqual([path, true]);
    });

    test('gets its work in one pass, and answers in the next', async () => {
      const id = await host.begin({
        name: 'watched',
        tasks: [{ id: 'sky', type: 'sweep', capability: 'radar', input: { of: 'the sky' } }],
      });
      const { data } = await host.taskEvent(id, 'sky', 'task.placed');
      expect(data.node).toBe('mast');
      expect(Date.now()).toBeLessThan(atSecond(there[0]));
      await expect.poll(async () => (await host.execution(id)).status, patience).toBe('SUCCEEDED');
      expect(await host.execution(id)).toMatchObject({ output: { seen: 'the sky by mast' } });
      const { endedMs } = await host.execution(id);
      expect(
        [atSecond(there[0]) <= ranMs, ranMs < atSecond(back[0])],
        'ran after the first pass began',
      ).toEqual([true, true]);
      expect(endedMs).toBeGreaterThanOrEqual(atSecond(back[0]));
      expect(endedMs).toBeLessThan(atSecond(back[1]));
    });

    test('has its bundles counted', async () => {
      const { body } = await host.http.get('/metrics');
      const [, accepted] =
        /^resilient_orchestrator_bundles_total\{state="accepted"\} (\d+)$/m.exec(body) ?? [];
      expect(Number(accepted)).toBeGreaterThanOrEqual(2);
      for (const name of ['failovers_total', 'satellite_queue_depth', 'bundles_current'])
        expect(body).toContain(`# TYPE resilient_orchestrator_${name} `);
    });

    test('has nothing left on the way to it but what it was told of since', async () => {
      const { queues } = (await host.http.get('/queues')).body as QueuesView;
      const booked = queues.filter(({ to }) => to === 'mast').map(({ precedence }) => precedence);
      expect(booked.filter((precedence) => precedence !== 'priority')).toEqual([]);
    });
  });
}
