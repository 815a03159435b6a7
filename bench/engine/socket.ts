/** From an event's commit to a subscribed socket, at a steady rate of events. Run in a process of its own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { openHost } from '../../embedded/host.ts';
import { quantile, round } from '../statistics.ts';

export interface SocketLatency {
  events: number;
  eventsPerSecond: number;
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
}

/** One single-task execution makes five events. */
const EVENTS_PER_EXECUTION = 5;
const RATE = 500;

async function measure(seconds: number): Promise<SocketLatency> {
  const dataDir = mkdtempSync(join(import.meta.dirname, '.data-'));
  const host = await openHost({ dataDir, port: 0 });
  try {
    const { orchestrator } = host;
    await orchestrator.submit({ document: { name: 'one', tasks: [{ id: 'task', type: 'pass' }] } });
    const latencies: number[] = [];
    const socket = new WebSocket(`${host.url.replace('http', 'ws')}/ws`);
    await new Promise((resolve) => socket.once('open', resolve));
    // An event carries the moment of the write that appended it: the commit and the way to the socket count too.
    socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString()) as { type: string; event?: { atMs: number } };
      if (message.event) latencies.push(performance.timeOrigin + performance.now() - message.event.atMs);
    });
    socket.send(JSON.stringify({ type: 'subscribe', id: 'all' }));
    await delay(200);
    const startMs = performance.now();
    const total = Math.round((seconds * RATE) / EVENTS_PER_EXECUTION);
    for (let started = 0; started < total; ) {
      const due = Math.min(
        total,
        Math.floor(((performance.now() - startMs) / 1000) * (RATE / EVENTS_PER_EXECUTION)),
      );
      for (; started < due; started++) void orchestrator.start({ workflow: 'one' });
      await delay(2);
    }
    await delay(500);
    const elapsedSeconds = (performance.now() - startMs - 500) / 1000;
    socket.close();
    return {
      events: latencies.length,
      eventsPerSecond: Math.round(latencies.length / elapsedSeconds),
      p50Ms: round(quantile(latencies, 0.5), 2),
      p99Ms: round(quantile(latencies, 0.99), 2),
      maxMs: round(Math.max(...latencies), 2),
    };
  } finally {
    await host.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

console.log(JSON.stringify(await measure(Number(process.argv[2] ?? 20))));
