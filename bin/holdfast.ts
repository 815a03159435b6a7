#!/usr/bin/env node
/** The command line: the process around `cli/`, with the embedded host for commands that need one. */
import { fileURLToPath } from 'node:url';
import { text } from 'node:stream/consumers';
import { type CliDeps, runCli } from '../cli/index.ts';
import { VERSION } from '../embedded/version.ts';

function report({ message, fix }: { message: string; fix: string }): void {
  process.stderr.write(`holdfast: ${message}\n  fix: ${fix}\n`);
  process.exitCode = 1;
}

const EXAMPLES = fileURLToPath(new URL('../examples', import.meta.url));

const deps: CliDeps = {
  // Loaded by the commands that open one: the others start in half the time.
  async openHost({ logLevel = 'warn', token, ...options }) {
    const [{ openHost }, { createLogger }] = await Promise.all([
      import('../embedded/host.ts'),
      import('../embedded/log.ts'),
    ]);
    const host = await openHost({
      ...options,
      token,
      logger: createLogger(logLevel),
      onFailure: report,
    });
    const { url, mqttPort } = host;
    return { url, token, mqttPort, close: () => host.close() };
  },
  async openEdge({ logLevel = 'warn', maxTasks, ...options }) {
    const [{ openEdge }, { createLogger }] = await Promise.all([
      import('../edge/edge.ts'),
      import('../embedded/log.ts'),
    ]);
    const logger = createLogger(logLevel);
    const limits = maxTasks === undefined ? {} : { maxTasks, concurrency: maxTasks };
    const edge = await openEdge({ ...options, ...limits, logger, onFailure: report });
    const { nodeId, membership, isNew, orchestrator } = edge;
    const { hub, hubUrl, brokerUrls, node } = membership;
    const { capabilities } = node;
    const taskTypes = orchestrator.types.names().sort();
    return { nodeId, hub, hubUrl, isNew, brokerUrls, capabilities, taskTypes, close: () => edge.close() };
  },
  async openDenied({ factor }) {
    const [{ openDenied }, { createLogger }] = await Promise.all([
      import('../edge/denied/denied.ts'),
      import('../embedded/log.ts'),
    ]);
    return openDenied({ examplesDir: EXAMPLES, factor, logger: createLogger('error') });
  },
  async simulate(request) {
    const [{ simulate }, { createLogger }] = await Promise.all([
      import('../embedded/simulation/simulate.ts'),
      import('../embedded/log.ts'),
    ]);
    return simulate({ ...request, logger: createLogger('error') });
  },
  version: VERSION,
  examplesDir: EXAMPLES,
  cwd: process.cwd(),
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  readStdin: () => text(process.stdin),
  onInterrupt(stop) {
    process.once('SIGINT', stop).once('SIGTERM', stop);
    return () => void process.off('SIGINT', stop).off('SIGTERM', stop);
  },
};

process.exitCode = await runCli(process.argv.slice(2), deps);
