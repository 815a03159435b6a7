/** An edge node as a process of its own, to be killed: `node edge-process.ts '{"dataDir": …}'` prints `ready <node id>`. */
import { flushCompileCache } from 'node:module';
import { openEdge } from '../../edge/edge.ts';
import { createLogger } from '../../embedded/log.ts';
import { tracedHandlers } from './trace.ts';

const { traceDir, ...options } = JSON.parse(process.argv[2]!) as {
  hubUrl: string;
  nodeId: string;
  dataDir: string;
  traceDir: string;
};

const edge = await openEdge({
  ...options,
  capabilities: ['camera'],
  tasks: tracedHandlers(traceDir),
  logger: createLogger('error'),
});
process.once('SIGTERM', () => void edge.close());
process.stdout.write(`ready ${edge.nodeId}\n`);
// Written at exit otherwise, and this process is not let to exit.
flushCompileCache();
