/** What the deployed functions called while the tests ran, as `test/lib/recorded-calls.json` has it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FunctionConfiguration } from '@aws-sdk/client-lambda';
import { CAPABILITIES, type CapabilityName } from '../../lib/capabilities.ts';
import { type RecordedCall, recordedCalls, type RecordedCalls } from '../lib/recorded-calls.ts';
import { DeployedFunctions } from './functions.ts';
import type { Deployment } from './setup.ts';

const FILE = join(import.meta.dirname, '../lib/recorded-calls.json');

/** A line of calls.py. */
interface Noted {
  role: string;
  action: string;
  resource: string;
  key: string | null;
}

export type Recording = 'anew' | 'more';

/** Writes the file from the emulator's notes: `anew` of a whole `npm run test:aws`, or `more` than it has already. */
export async function writeRecordedCalls(
  deployment: Deployment,
  notes: string,
  recording: Recording,
): Promise<void> {
  const functions = await new DeployedFunctions(deployment).all();
  const recorded: Record<string, RecordedCall[]> =
    recording === 'more' ? structuredClone(recordedCalls()) : {};
  for (const { role, action, resource, key } of notes.trim().split('\n').map(parse)) {
    const fn = functions.find(({ Role }) => Role!.endsWith(`/${role}`));
    if (fn === undefined) continue;
    const target = targetOf(resource, fn, deployment.prefix);
    (recorded[nameOf(fn)] ??= []).push({
      action,
      target,
      ...(target === 'table' && key !== null && { key }),
    });
  }
  const sorted: RecordedCalls = Object.fromEntries(
    Object.entries(recorded)
      .map(([name, calls]) => [name, unique(calls.map((call) => JSON.stringify(call)))] as const)
      .toSorted(([one], [other]) => (one < other ? -1 : 1)),
  );
  writeFileSync(FILE, `${text(sorted)}\n`);
}

const parse = (line: string) => JSON.parse(line) as Noted;

const unique = (calls: string[]): RecordedCall[] =>
  [...new Set(calls)].toSorted().map((call) => JSON.parse(call) as RecordedCall);

/** A call a line. */
const text = (recorded: RecordedCalls): string =>
  `{\n${Object.entries(recorded)
    .map(([name, calls]) => {
      const lines = calls.map(
        (call) =>
          `    ${JSON.stringify(call)
            .replace(/([:,])"/g, '$1 "')
            .replace(/^\{(.*)\}$/, '{ $1 }')}`,
      );
      return `  "${name}": [\n${lines.join(',\n')}\n  ]`;
    })
    .join(',\n')}\n}`;

/** All that run attempts are `run`. */
function nameOf({ Description }: FunctionConfiguration): string {
  const names = Object.keys(CAPABILITIES) as CapabilityName[];
  return names.find((name) => Description === `Holdfast: ${CAPABILITIES[name].description}`) ?? 'run';
}

function targetOf(resource: string, { Environment }: FunctionConfiguration, prefix: string): string {
  const {
    HOLDFAST_INTAKE_QUEUE: intake = '',
    HOLDFAST_TIMER_QUEUE: timers = '',
    HOLDFAST_FORWARD_QUEUE: errands = '',
    HOLDFAST_CONTACT_QUEUE: contacts = '',
    HOLDFAST_DEAD_LETTER_QUEUES: deadLetters = '',
  } = Environment?.Variables ?? {};
  const queue = (url: string) => `:${url.split('/').at(-1)}`;
  const [own = '', ofIntake = '', ofTimers = '', ofEdge = '', ofErrands = '', ofContacts = ''] = deadLetters
    .split(',')
    .map(queue);
  const targets: [RegExp | string, string][] = [
    [/:table\/[^/]+$/, 'table'],
    [/:table\/.+\/index\/(\w+)$/, 'index/$1'],
    [/:s3:::[^/]+$/, 'bucket'],
    [/:s3:::[^/]+\/\*$/, 'payloads'],
    [new RegExp(`:stateMachine:${prefix}-(\\w+)$`), 'machine/$1'],
    [/:event-bus\//, 'bus'],
    [/:scheduler:.*:schedule\/.*Contacts/, 'contacts/schedules'],
    [/:scheduler:.*:schedule\//, 'schedules'],
    [/:iot:.*:topic\//, 'edge/topics'],
    [/:iot:.*:thing\//, 'edge/things'],
    [/:iot:.*:cert\//, 'edge/certificates'],
    [new RegExp(`:sqs:.*:${prefix}-lane-`), 'lanes'],
    [/\/(POST|DELETE)\/@connections\/\*$/, 'connections/$1'],
    [queue(intake), 'intake'],
    [queue(timers), 'timers'],
    [queue(errands), 'forward'],
    [queue(contacts), 'contacts'],
    [own, 'dead-letters'],
    [ofIntake, 'intake/dead-letters'],
    [ofTimers, 'timers/dead-letters'],
    [ofEdge, 'edge/dead-letters'],
    [ofErrands, 'forward/dead-letters'],
    [ofContacts, 'contacts/dead-letters'],
    [/:sqs:.*Inbox/, 'edge/inbox'],
  ];
  if (resource === '*') return 'edge';
  for (const [where, target] of targets) {
    const found =
      typeof where === 'string' ? where.length > 1 && resource.endsWith(where) && [''] : where.exec(resource);
    if (found)
      return target.replace(
        '$1',
        (found[1] ?? '').replace(/^(POST|DELETE)$/, (verb) => verb.toLowerCase()),
      );
  }
  throw new Error(`${resource} is nothing that functions are given permissions for`);
}
