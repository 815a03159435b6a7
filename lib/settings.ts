/** What a deployment may be told: `-c name=value` on the command line, or `HOLDFAST_NAME` in the environment. */
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { InvalidInput } from '../core/errors.ts';
import { isNodeId } from '../core/node/topics.ts';
import { isPrefix } from './names.ts';

export interface Settings {
  prefix: string;
  jwt?: { issuer: string; audience: string[] };
  allowedOrigins: string[];
  taskDirs: string[];
  allowExec: boolean;
  taskEnvironment: Record<string, string>;
  maxWorkflows?: number;
  maxTasks?: number;
  nodeId?: string;
  satelliteLanes?: number;
  retentionDays?: number;
  logRetention: RetentionDays;
  alarmEmail?: string;
  protect: boolean;
  socketAccessLog: boolean;
  tracing: boolean;
}

/** Every setting, and what it means; docs/aws.md has the same table. */
export const SETTINGS = {
  prefix: 'begins the names of the stacks, state machines, log groups and alarms; `holdfast` unless given',
  jwtIssuer: 'takes tokens of this OpenID Connect issuer instead of signed requests',
  jwtAudience: 'audiences that those tokens are meant for, separated by commas',
  allowedOrigins: 'origins of pages that may call the HTTP API, separated by commas; none unless given',
  taskDirs: 'folders of task handlers beside the shipped ones, separated by commas',
  allowExec: '`true` offers the task type exec, which runs programs in its function',
  httpAllow: 'hosts and networks, separated by commas, that `http` may reach although they are not public',
  channels: 'where `integration` delivers, as JSON: `{"name": "https://…"}`',
  maxWorkflows: 'workflows running at once; unlimited unless given',
  maxTasks: 'tasks running at once; unlimited unless given',
  nodeId: 'id of this host among the nodes; `hub` unless given',
  satelliteLanes: 'links that may be in contact at once; 2 unless given',
  retentionDays: 'days that executions are kept after their end; for ever unless given',
  logRetentionDays: 'days that logs are kept; 30 unless given',
  alarmEmail: 'address that is told when an alarm rings',
  protect: '`false` lets the stack of the state be deleted, with everything in it',
  socketAccessLog:
    '`true` logs what comes in at the event socket; needs the API Gateway log role of the account',
  tracing: '`true` records traces with X-Ray',
} as const;

export type SettingName = keyof typeof SETTINGS;

/** `HOLDFAST_JWT_ISSUER` for `jwtIssuer`. */
export const variableOf = (name: SettingName): string =>
  `HOLDFAST_${name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;

type Source = (name: SettingName) => unknown;

/** Errors: `InvalidInput`, which names the setting, what came and what to give. */
export function readSettings(
  context: Source,
  environment: Record<string, string | undefined> = process.env,
): Settings {
  const text = (name: SettingName): string | undefined => {
    const given = context(name) ?? environment[variableOf(name)];
    const said = Array.isArray(given) ? given.join(',') : given === undefined ? '' : `${given as string}`;
    return said.trim() === '' ? undefined : said.trim();
  };
  const read = { text, list: listOf(text), number: numberOf(text), flag: flagOf(text) };
  return {
    prefix: prefixOf(text('prefix') ?? 'holdfast'),
    jwt: jwtOf(read),
    allowedOrigins: read.list('allowedOrigins').map(originOf),
    taskDirs: read.list('taskDirs'),
    allowExec: read.flag('allowExec', false),
    taskEnvironment: Object.fromEntries(
      (['httpAllow', 'channels'] as const).flatMap((name) => {
        const said = text(name);
        return said === undefined ? [] : [[variableOf(name), said]];
      }),
    ),
    maxWorkflows: read.number('maxWorkflows'),
    maxTasks: read.number('maxTasks'),
    nodeId: nodeIdOf(text('nodeId')),
    satelliteLanes: read.number('satelliteLanes'),
    retentionDays: read.number('retentionDays'),
    logRetention: logRetentionOf(read.number('logRetentionDays') ?? 30),
    alarmEmail: text('alarmEmail'),
    protect: read.flag('protect', true),
    socketAccessLog: read.flag('socketAccessLog', false),
    tracing: read.flag('tracing', false),
  };
}

type Text = (name: SettingName) => string | undefined;

const listOf = (text: Text) => (name: SettingName) =>
  (text(name) ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');

const numberOf = (text: Text) => (name: SettingName) => {
  const said = text(name);
  if (said === undefined) return undefined;
  if (/^[1-9]\d{0,8}$/.test(said)) return Number(said);
  throw refusal(name, said, 'Give a whole number above 0, or leave it out.');
};

const FLAGS: Readonly<Record<string, boolean>> = { true: true, 1: true, false: false, 0: false };

const flagOf = (text: Text) => (name: SettingName, fallback: boolean) => {
  const said = text(name) ?? String(fallback);
  const flag = FLAGS[said];
  if (flag !== undefined) return flag;
  throw refusal(name, said, 'Give true or false.');
};

function nodeIdOf(nodeId: string | undefined): string | undefined {
  if (nodeId === undefined || isNodeId(nodeId)) return nodeId;
  throw refusal(
    'nodeId',
    nodeId,
    'Use 1 to 64 letters, digits, "-" and "_", beginning with a letter or a digit.',
  );
}

function prefixOf(prefix: string): string {
  if (isPrefix(prefix)) return prefix;
  throw refusal('prefix', prefix, 'Use 1 to 32 letters, digits and hyphens, a letter first.');
}

function jwtOf({ text, list }: { text: Text; list: (name: SettingName) => string[] }): Settings['jwt'] {
  const issuer = text('jwtIssuer');
  const audience = list('jwtAudience');
  if (issuer === undefined && audience.length === 0) return undefined;
  if (issuer === undefined)
    throw refusal('jwtAudience', audience.join(','), 'Name the issuer of the tokens too: jwtIssuer.');
  if (!URL.canParse(issuer) || new URL(issuer).protocol !== 'https:')
    throw refusal('jwtIssuer', issuer, 'Give the address that its tokens name: https://login.example.org');
  if (audience.length === 0)
    throw refusal(
      'jwtIssuer',
      issuer,
      'Say for whom its tokens must be meant: jwtAudience. Else any token of it would do.',
    );
  return { issuer, audience };
}

function originOf(origin: string): string {
  if (URL.canParse(origin) && new URL(origin).origin === origin) return origin;
  throw refusal('allowedOrigins', origin, 'Write scheme, host and port only: https://ops.example.org');
}

function logRetentionOf(days: number): RetentionDays {
  const known = Object.values(RetentionDays).filter((value): value is number => typeof value === 'number');
  if (known.includes(days)) return days;
  throw refusal('logRetentionDays', String(days), `CloudWatch keeps logs for ${known.join(', ')} days.`);
}

const refusal = (name: SettingName, came: string, fix: string): InvalidInput =>
  new InvalidInput(`The setting ${name} (${variableOf(name)}) is "${came}".`, fix);
