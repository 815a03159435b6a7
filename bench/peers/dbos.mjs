import { join } from 'node:path';
import { packageVersion, postgres, postgresOwner } from './lib/installed.mjs';
import { freePort } from './lib/sandbox.mjs';

export const name = 'dbos';
export const durability =
  'PostgreSQL fsync on, synchronous_commit on, full_page_writes on: a step returns after its commit; one task is one DBOS.runStep';

const CONNECTIONS = 20;
const SERVER_SETTINGS = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  shared_buffers: '256MB',
  max_wal_size: '4GB',
};

export function version() {
  return `DBOS ${packageVersion('@dbos-inc/dbos-sdk')}, PostgreSQL ${postgres().version}`;
}

export async function open(sandbox) {
  const { DBOS } = await import('@dbos-inc/dbos-sdk');
  DBOS.setConfig({
    name: 'bench',
    systemDatabaseUrl: await startPostgres(sandbox),
    systemDatabasePoolSize: CONNECTIONS,
    logLevel: 'error',
  });
  let stepsRun = 0;
  const count = async () => {
    stepsRun += 1;
  };
  const step = () => DBOS.runStep(count, { name: 'step' });
  const chain = DBOS.registerWorkflow(
    async (steps) => {
      for (let index = 0; index < steps; index += 1) await step();
    },
    { name: 'chain' },
  );
  const fan = DBOS.registerWorkflow(
    async (tasks) => {
      await Promise.all(Array.from({ length: tasks }, step));
    },
    { name: 'fan' },
  );
  await DBOS.launch();
  // Wrapped, because DBOS takes a call as a method for one on an instance of its own.
  return {
    stepsRun: () => stepsRun,
    chain: (steps) => chain(steps),
    chainUnderLoad: (steps) => chain(steps),
    fan: (tasks) => fan(tasks),
    close: () => DBOS.shutdown(),
  };
}

/** Starts a new cluster; resolves to the URL of the database that DBOS creates in it. */
async function startPostgres(sandbox) {
  const { directory } = postgres();
  const owner = postgresOwner();
  if (owner) sandbox.giveTo(owner);
  const data = join(sandbox.directory, 'data');
  const port = await freePort();
  await sandbox.run(
    join(directory, 'initdb'),
    ['-D', data, '-U', 'bench', '--auth=trust', '--encoding=UTF8', '--no-locale'],
    { ...owner },
  );
  const settings = {
    ...SERVER_SETTINGS,
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: sandbox.directory,
  };
  await sandbox.start(
    join(directory, 'postgres'),
    ['-D', data, ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`])],
    {
      ...owner,
      stopSignal: 'SIGINT',
      killSignal: 'SIGQUIT',
      isReady: () =>
        sandbox
          .run(join(directory, 'pg_isready'), ['-q', '-h', '127.0.0.1', '-p', String(port)])
          .then(() => true),
    },
  );
  return `postgresql://bench@127.0.0.1:${port}/dbos`;
}
