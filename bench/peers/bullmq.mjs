import { connect } from 'node:net';
import { packageVersion, redisServer } from './lib/installed.mjs';
import { freePort } from './lib/sandbox.mjs';

export const name = 'bullmq';
export const durability =
  'Redis append-only file, appendfsync always: a command is answered after its fsync; one task is one job';

// The fastest of those tried (1 to 16 workers, concurrency 1 to 500): one worker for a chain, for a fan many side by side.
const POOLS = {
  chain: { workers: 1, concurrency: 1 },
  fan: { workers: 8, concurrency: 50 },
  load: { workers: 2, concurrency: 50 },
};

export function version() {
  return `BullMQ ${packageVersion('bullmq')}, ioredis ${packageVersion('ioredis')}, Redis ${redisServer().version}`;
}

export async function open(sandbox) {
  const connection = { host: '127.0.0.1', port: await startRedis(sandbox), maxRetriesPerRequest: null };
  const { FlowProducer, Queue, Worker } = await import('bullmq');
  const flows = new FlowProducer({ connection });
  const queue = new Queue('load', { connection });
  const opened = [flows, queue];
  const runs = new Map();
  let runsStarted = 0;
  let stepsRun = 0;

  for (const client of opened) client.on('error', complain);
  function complain(error) {
    if (!sandbox.isDown) console.error(`bullmq: ${error.message}`);
  }
  async function task(job) {
    stepsRun += 1;
    const { run, left } = job.data;
    if (left > 1) await queue.add('task', { run, left: left - 1 }, { removeOnComplete: true });
  }
  for (const [queueName, { workers, concurrency }] of Object.entries(POOLS))
    for (let index = 0; index < workers; index += 1) {
      const worker = new Worker(queueName, task, { connection, concurrency });
      worker.on('completed', (job) => settle(job, 'resolve'));
      worker.on('failed', (job, error) => settle(job, 'reject', error));
      worker.on('error', complain);
      opened.unshift(worker);
      await worker.waitUntilReady();
    }

  /** The worker announces a job after Redis has answered that it is completed. */
  function settle({ data }, outcome, value) {
    if (outcome === 'resolve' && !data.isLast && data.left !== 1) return;
    runs.get(data.run)?.[outcome](value);
    runs.delete(data.run);
  }
  async function finish(start) {
    const run = (runsStarted += 1);
    const end = new Promise((resolve, reject) => runs.set(run, { resolve, reject }));
    await start(run);
    await end;
  }
  const node = (queueName, data, children) => {
    return { name: 'task', queueName, data, opts: { removeOnComplete: true }, children };
  };

  return {
    stepsRun: () => stepsRun,
    // A flow: the job that completes makes its parent ready and fetches it in the same script.
    chain: (steps) =>
      finish((run) => {
        let job;
        for (let step = 1; step <= steps; step += 1)
          job = node('chain', { run, isLast: step === steps }, job ? [job] : undefined);
        return flows.add(job);
      }),
    fan: (tasks) =>
      finish((run) => {
        const children = Array.from({ length: tasks }, () => node('fan', { run }));
        return flows.add(node('fan', { run, isLast: true }, children));
      }),
    // Under load, a job that adds the next is faster than a flow.
    chainUnderLoad: (steps) =>
      finish((run) => queue.add('task', { run, left: steps }, { removeOnComplete: true })),
    close: () => Promise.all(opened.map((client) => client.close())),
  };
}

async function startRedis(sandbox) {
  const port = await freePort();
  const settings = {
    bind: '127.0.0.1',
    port,
    dir: sandbox.directory,
    appendonly: 'yes',
    appendfsync: 'always',
    save: '',
    'maxmemory-policy': 'noeviction',
  };
  const args = Object.entries(settings).flatMap(([key, value]) => [`--${key}`, String(value)]);
  await sandbox.start(redisServer().command, args, { isReady: () => answersPing(port) });
  return port;
}

function answersPing(port) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    socket.once('error', reject);
    socket.once('data', (data) => {
      socket.destroy();
      resolve(data.toString().startsWith('+PONG'));
    });
  });
}
