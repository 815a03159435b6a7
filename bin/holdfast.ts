#!/usr/bin/env node
/** The command line: the process around `cli/`, with the embedded host for commands that need one. */
import { fileURLToPath } from 'node:url';
import { text } from 'node:stream/consumers';
import { type CliDeps, runCli } from '../cli/index.ts';
import { VERSION } from '../embedded/version.ts';

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
      onFailure(error) {
        process.stderr.write(`holdfast: ${error.message}\n  fix: ${error.fix}\n`);
        process.exitCode = 1;
      },
    });
    const { url, mqttPort } = host;
    return { url, token, mqttPort, close: () => host.close() };
  },
  version: VERSION,
  examplesDir: fileURLToPath(new URL('../examples', import.meta.url)),
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
