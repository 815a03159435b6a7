/** Runs an edge node until it is stopped. */
import { relative, resolve } from 'node:path';
import { didYouMean } from '../../core/api/nearest.ts';
import type { Position } from '../../core/network/network.ts';
import { CHANNELS, type Channel } from '../../core/node/node.ts';
import { EXIT } from '../errors.ts';
import { type CliDeps, type OpenedEdge, UsageError } from '../io.ts';
import { allowsExec, type HostFlags, taskDirsOf } from '../session.ts';
import { clean, count, localTime } from '../text.ts';
import { limitOf, logLevelOf } from './start.ts';

export interface EdgeFlags extends Pick<HostFlags, 'token' | 'dataDir' | 'tasks' | 'allowExec'> {
  join?: string;
  id?: string;
  capability?: string[];
  channel?: string[];
  position?: string;
  maxTasks?: string;
  logLevel?: string;
  json?: boolean;
}

const DATA_DIR = '.holdfast/edge';

export async function edge(deps: CliDeps, flags: EdgeFlags): Promise<number> {
  const { env, stdout } = deps;
  const dataDir = resolve(deps.cwd, flags.dataDir ?? env.HOLDFAST_DATA_DIR ?? DATA_DIR);
  const stopped = new Promise<void>((stop) => deps.onInterrupt(stop));
  const log: string[] = [];
  let say = (line: string): void => void log.push(line);
  const node = await deps.openEdge({
    hubUrl: flags.join,
    token: flags.token ?? env.HOLDFAST_JOIN_TOKEN,
    nodeId: flags.id,
    capabilities: flags.capability,
    channels: flags.channel?.map(channelOf),
    position: flags.position === undefined ? undefined : positionOf(flags.position),
    dataDir,
    taskDirs: taskDirsOf(deps, flags),
    allowExec: allowsExec(deps, flags),
    maxTasks: limitOf('--max-tasks', flags.maxTasks),
    logLevel: logLevelOf(flags.logLevel ?? env.HOLDFAST_LOG_LEVEL),
    onChannel: (channel, isUp) => say(`${channel}: ${isUp ? 'connected' : 'cut off; trying again'}`),
  });
  try {
    const { nodeId, hub, hubUrl, isNew, brokerUrls, capabilities } = node;
    if (flags.json) {
      stdout.write(`${JSON.stringify({ nodeId, hub, hubUrl, isNew, dataDir, brokerUrls, capabilities })}\n`);
      say = () => undefined;
    } else {
      stdout.write(`${introduction(node, relative(deps.cwd, dataDir) || '.', deps.version)}\n`);
      say = (line) => stdout.write(`${localTime(Date.now()).slice(11)}  ${line}\n`);
      for (const line of log) say(line);
    }
    await stopped;
    say = () => undefined;
  } finally {
    await node.close();
  }
  return EXIT.ok;
}

function introduction(node: OpenedEdge, dataDir: string, version: string): string {
  const { nodeId, hub, hubUrl, isNew, brokerUrls, capabilities, taskTypes } = node;
  const what = isNew ? 'has joined' : 'is back at';
  const channels = Object.entries(brokerUrls).map(([channel, url]) => `${channel} ${url}`);
  return [
    `Holdfast ${version}: the node ${nodeId} ${what} ${clean(hub)}, the host at ${hubUrl}`,
    `  data          ${dataDir}`,
    `  capabilities  ${clean(capabilities.join(', ')) || 'none; give such as --capability camera'}`,
    `  task types    ${taskTypes.join(', ')}`,
    `  ${count(channels.length, 'channel').padEnd(12)}  ${channels.join(', ')}`,
    '  Ctrl-C stops it; what it has not ended goes on when it starts again: npx holdfast edge' +
      `${dataDir === DATA_DIR ? '' : ` --data-dir ${dataDir}`}`,
  ].join('\n');
}

/** `satellite`, or `satellite=wss://sat.example.org/mqtt`. */
function channelOf(text: string): { channel: Channel; url?: string } {
  const at = text.indexOf('=');
  const name = at < 0 ? text : text.slice(0, at);
  const channel = CHANNELS.find((known) => known === name);
  if (channel === undefined)
    throw new UsageError(`There is no channel "${name}".`, didYouMean(name, [...CHANNELS]));
  return at < 0 ? { channel } : { channel, url: text.slice(at + 1) };
}

function positionOf(text: string): Position {
  const numbers = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  const [latitudeDegrees = Number.NaN, longitudeDegrees = Number.NaN, altitudeM = 0] = numbers;
  const isRight = (numbers.length === 2 || numbers.length === 3) && numbers.every(Number.isFinite);
  if (isRight) return { latitudeDegrees, longitudeDegrees, altitudeM };
  throw new UsageError(
    `--position is "${text}".`,
    'Write LATITUDE,LONGITUDE,ALTITUDE in degrees and metres, such as 67.86,20.22,400.',
  );
}
