import { relative } from 'node:path';
import { createClient } from '../../client/index.ts';
import { EXIT } from '../errors.ts';
import type { CliDeps } from '../io.ts';
import { UsageError } from '../io.ts';
import { allowsExec, dataDirOf, type HostFlags, portOf, taskDirsOf } from '../session.ts';

export interface StartFlags extends Omit<HostFlags, 'api'> {
  port?: string;
  host?: string;
  allowOrigin?: string[];
  allowHost?: string[];
  capability?: string[];
  maxWorkflows?: string;
  maxTasks?: string;
  mqttPort?: string | true;
  logLevel?: string;
  json?: boolean;
}

const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;

/** Runs the host until it is told to stop. */
export async function start(deps: CliDeps, flags: StartFlags): Promise<number> {
  const { env, stdout } = deps;
  const dataDir = dataDirOf(deps, flags);
  const token = flags.token ?? env.HOLDFAST_TOKEN;
  const stopped = new Promise<void>((resolve) => deps.onInterrupt(resolve));
  const host = await deps.openHost({
    dataDir,
    port: portOf(flags.port ?? env.HOLDFAST_PORT),
    host: flags.host ?? env.HOLDFAST_HOST,
    token,
    allowedOrigins: flags.allowOrigin,
    allowedHosts: flags.allowHost,
    taskDirs: taskDirsOf(deps, flags),
    allowExec: allowsExec(deps, flags),
    capabilities: flags.capability,
    maxWorkflows: limitOf('MAX_WORKFLOWS', flags.maxWorkflows ?? env.MAX_WORKFLOWS),
    maxTasks: limitOf('MAX_TASKS', flags.maxTasks ?? env.MAX_TASKS),
    mqttPort: mqttPortOf(flags.mqttPort ?? env.HOLDFAST_MQTT_PORT),
    logLevel: logLevelOf(flags.logLevel ?? env.HOLDFAST_LOG_LEVEL),
  });
  try {
    const types = (await createClient({ url: host.url, token }).taskTypes()).filter(({ engine }) => !engine);
    const { url, mqttPort } = host;
    if (flags.json) stdout.write(`${JSON.stringify({ url, dataDir, mqttPort })}\n`);
    else
      stdout.write(
        `Holdfast ${deps.version} listens on ${host.url}\n` +
          `  data       ${relative(deps.cwd, dataDir) || '.'}\n` +
          (mqttPort === undefined ? '' : `  MQTT       port ${mqttPort}\n`) +
          `  task types ${types.map(({ type }) => type).join(', ')}\n` +
          `  try        npx holdfast run FILE   ·   npx holdfast ls   ·   Ctrl-C stops it\n`,
      );
    await stopped;
  } finally {
    await host.close();
  }
  return EXIT.ok;
}

/** The protocol's own, RFC 6335's registry. */
const MQTT_PORT = 1883;

function mqttPortOf(given: string | true | undefined): number | undefined {
  if (given === undefined || given === '') return undefined;
  return given === true ? MQTT_PORT : portOf(given);
}

export function limitOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  const limit = Number(text);
  if (Number.isInteger(limit) && limit > 0) return limit;
  throw new UsageError(`${name} is "${text}".`, 'Give a whole number above 0.');
}

export function logLevelOf(text: string | undefined): (typeof LOG_LEVELS)[number] | undefined {
  if (text === undefined || text === '') return undefined;
  const level = LOG_LEVELS.find((known) => known === text);
  if (level === undefined)
    throw new UsageError(`There is no log level "${text}".`, `Use one of ${LOG_LEVELS.join(', ')}.`);
  return level;
}
