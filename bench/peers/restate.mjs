import { createServer } from 'node:http2';
import { packageFile, packageVersion } from './lib/installed.mjs';
import { freePort } from './lib/sandbox.mjs';

export const name = 'restate';
export const durability =
  'Restate local log with write-ahead log and fsync: a step is acknowledged after its fsync; one task is one ctx.run';

const SERVER = `@restatedev/restate-server-${process.platform}-${process.arch}`;

export function version() {
  return `Restate ${packageVersion(SERVER)}, TypeScript SDK ${packageVersion('@restatedev/restate-sdk')}`;
}

export async function open(sandbox) {
  const restate = await import('@restatedev/restate-sdk');
  const { ingressUrl, adminUrl } = await startServer(sandbox);
  let stepsRun = 0;
  const step = () => {
    stepsRun += 1;
  };
  const bench = restate.service({
    name: 'bench',
    // As with the other peers where they allow it, nothing of a finished run is kept.
    options: { journalRetention: { milliseconds: 0 } },
    handlers: {
      chain: async (context, steps) => {
        for (let index = 0; index < steps; index += 1) await context.run(step);
      },
      fan: async (context, tasks) => {
        await restate.RestatePromise.all(Array.from({ length: tasks }, () => context.run(step)));
      },
    },
  });
  const endpoint = createServer(
    restate.createEndpointHandler({ services: [bench], bidirectional: true, logger: () => {} }),
  );
  await new Promise((resolve) => endpoint.listen(0, '127.0.0.1', resolve));
  await post(`${adminUrl}/deployments`, { uri: `http://127.0.0.1:${endpoint.address().port}` });

  const chain = (steps) => post(`${ingressUrl}/bench/chain`, steps);
  return {
    stepsRun: () => stepsRun,
    chain,
    chainUnderLoad: chain,
    fan: (tasks) => post(`${ingressUrl}/bench/fan`, tasks),
    close: async () => void endpoint.close(),
  };
}

async function startServer(sandbox) {
  const [ingressPort, adminPort, nodePort] = [await freePort(), await freePort(), await freePort()];
  const ingressUrl = `http://127.0.0.1:${ingressPort}`;
  const adminUrl = `http://127.0.0.1:${adminPort}`;
  const env = {
    RESTATE_NODE_NAME: 'bench',
    RESTATE_BIND_IP: '127.0.0.1',
    RESTATE_BIND_PORT: String(nodePort),
    RESTATE_ADVERTISED_HOST: '127.0.0.1',
    RESTATE_INGRESS__BIND_PORT: String(ingressPort),
    RESTATE_ADMIN__BIND_PORT: String(adminPort),
    // One partition, one log: with the default of 24, concurrent steps share far fewer fsyncs and load is half as fast.
    RESTATE_DEFAULT_NUM_PARTITIONS: '1',
    // The log for a single node: as durable, and faster in a chain than the replicated one with a single replica.
    RESTATE_BIFROST__DEFAULT_PROVIDER: 'local',
    RESTATE_BIFROST__LOCAL__ROCKSDB_DISABLE_WAL: 'false',
    RESTATE_BIFROST__LOCAL__ROCKSDB_DISABLE_WAL_FSYNC: 'false',
    RESTATE_LOG_FILTER: 'error',
    RESTATE_DISABLE_TELEMETRY: 'true',
  };
  const isUp = async (url) => (await fetch(url)).ok;
  await sandbox.start(
    packageFile(SERVER, 'bin/restate-server'),
    ['--base-dir', sandbox.directory, '--listen-mode', 'tcp', '--no-logo'],
    {
      env,
      isReady: async () => (await isUp(`${adminUrl}/health`)) && (await isUp(`${ingressUrl}/restate/health`)),
    },
  );
  return { ingressUrl, adminUrl };
}

async function post(url, body) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`POST ${url} answered ${response.status}: ${text}`);
}
