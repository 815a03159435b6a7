/** A host as a process of its own, to be killed: `node host-process.ts '{"dataDir": …}'` prints `ready <url>`. */
import { flushCompileCache } from 'node:module';
import { openHost } from '../../embedded/host.ts';
import { createLogger } from '../../embedded/log.ts';
import { tracedHandlers } from './trace.ts';

const { traceDir, ...options } = JSON.parse(process.argv[2] ?? '{}') as {
  dataDir: string;
  traceDir?: string;
  port?: number;
};

try {
  const host = await openHost({
    port: 0,
    ...options,
    tasks: traceDir === undefined ? {} : tracedHandlers(traceDir),
    logger: createLogger('error'),
  });
  process.once('SIGTERM', () => void host.close());
  process.stdout.write(`ready ${host.url}\n`);
  // Written at exit otherwise, and this process is not let to exit.
  flushCompileCache();
} catch (error) {
  const { name, message, fix } = error as Error & { fix?: string };
  process.stdout.write(`refused ${JSON.stringify({ name, message, fix })}\n`);
  process.exitCode = 1;
}
