/** What a deployment checks first, against services that answer as documented. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { SFNClient } from '@aws-sdk/client-sfn';
import { afterEach, describe, expect, test } from 'vitest';
import { readArguments } from '../../lib/deploy/arguments.ts';
import {
  checkAccount,
  checkMachines,
  checkStacks,
  checkStatus,
  checkToolkit,
} from '../../lib/deploy/checks.ts';
import { refusal, serve } from '../adapters/aws/service.ts';

const TARGET = { partition: 'aws', account: '123456789012', region: 'eu-central-1' };

const open: { close: () => Promise<unknown> }[] = [];
afterEach(async () => {
  for (const service of open.splice(0)) await service.close();
});

interface Stack {
  name: string;
  description?: string;
  status?: string;
  outputs?: string[];
}

interface Answer {
  status?: number;
  xml: string;
}

const error = (code: string, message: string, status = 400): Answer => ({
  status,
  xml: `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`,
});

const described = ({ name, description = '', status = 'CREATE_COMPLETE', outputs = [] }: Stack): Answer => ({
  xml: `<DescribeStacksResponse><DescribeStacksResult><Stacks><member>
      <StackName>${name}</StackName><Description>${description}</Description><StackStatus>${status}</StackStatus>
      <StackId>arn:aws:cloudformation:eu-central-1:123456789012:stack/${name}/0a1b</StackId>
      <CreationTime>2026-01-01T00:00:00Z</CreationTime>
      <Outputs>${outputs.map((key) => `<member><OutputKey>${key}</OutputKey></member>`).join('')}</Outputs>
    </member></Stacks></DescribeStacksResult></DescribeStacksResponse>`,
});

/** Answers in XML, as CloudFormation does. */
async function cloudFormation(stacks: readonly Stack[], failure?: Answer): Promise<CloudFormationClient> {
  const server = createServer((request, response) => {
    const reply = async () => {
      const wanted = new URLSearchParams(await text(request)).get('StackName');
      const stack = stacks.find(({ name }) => name === wanted);
      const missing = error('ValidationError', `Stack with id ${wanted} does not exist`);
      const { status = 200, xml } = failure ?? (stack ? described(stack) : missing);
      response.writeHead(status, { 'content-type': 'text/xml' }).end(xml);
    };
    void reply();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push({ close: () => new Promise((resolve) => server.close(resolve).closeAllConnections()) });
  return new CloudFormationClient({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'id', secretAccessKey: 'secret' },
    maxAttempts: 1,
  });
}

async function stepFunctions(names: readonly string[]): Promise<SFNClient> {
  const service = await serve(({ body }) => {
    const name = String(body.stateMachineArn).split(':').at(-1)!;
    return names.includes(name) ? { body: { name } } : refusal('StateMachineDoesNotExist');
  });
  open.push(service);
  return new SFNClient(service.settings);
}

const says = (message: RegExp, fix: RegExp) =>
  expect.objectContaining({ message: expect.stringMatching(message), fix: expect.stringMatching(fix) });

describe('the toolkit', () => {
  test('passes in the version that is pinned', () => {
    expect(() => checkToolkit({ pinned: '2.1.0', installed: '2.1.0' })).not.toThrow();
  });

  test.each([
    [{ pinned: '2.1.0', installed: '3.0.0' }, /3\.0\.0.*2\.1\.0/],
    [{ pinned: '2.1.0' }, /not installed/],
  ])('fails as %o, and says how to mend it', (versions, message) => {
    expect(() => checkToolkit(versions)).toThrow(says(message, /npm ci/));
  });
});

describe('the account', () => {
  test('is known by its bootstrap stack', async () => {
    const client = await cloudFormation([{ name: 'CDKToolkit' }]);
    expect(await checkAccount(client, 'CDKToolkit')).toEqual(TARGET);
  });

  test('fails where it is not bootstrapped', async () => {
    await expect(checkAccount(await cloudFormation([]), 'CDKToolkit')).rejects.toEqual(
      says(/not prepared for the CDK in eu-central-1.*"CDKToolkit"/, /cdk bootstrap/),
    );
  });

  test.each<[string, Answer, RegExp, RegExp]>([
    [
      'expired',
      error('ExpiredToken', 'The token has expired', 403),
      /refuses the credentials/,
      /Sign in again/,
    ],
    ['unknown', error('InvalidClientTokenId', 'The token is invalid', 403), /refuses/, /AWS_PROFILE|Sign in/],
    ['of little use', error('AccessDenied', 'not authorized', 403), /may not look/, /a role that may/],
  ])('fails where the credentials are %s', async (_, answer, message, fix) => {
    const client = await cloudFormation([], answer);
    await expect(checkAccount(client, 'CDKToolkit')).rejects.toEqual(says(message, fix));
  });

  test('fails without a region', async () => {
    const missing = async (): Promise<string> => {
      throw new Error('Region is missing');
    };
    const client = new CloudFormationClient({ region: missing });
    await expect(checkAccount(client, 'CDKToolkit')).rejects.toEqual(says(/No AWS region/, /AWS_REGION/));
  });

  test('fails without credentials', async () => {
    const client = new CloudFormationClient({
      region: 'eu-central-1',
      credentials: () => Promise.reject(new Error('Could not load credentials from any providers')),
    });
    await expect(checkAccount(client, 'CDKToolkit')).rejects.toEqual(
      says(/No AWS credentials/, /AWS_PROFILE.*aws sso login/),
    );
  });

  test('fails where AWS is out of reach', async () => {
    const { settings, ...service } = await serve(() => ({}));
    await service.close();
    const client = new CloudFormationClient(settings);
    await expect(checkAccount(client, 'CDKToolkit')).rejects.toEqual(says(/can't be reached/, /network/));
  });
});

describe('names', () => {
  const ours = { description: 'Holdfast: functions' };

  test('pass where nothing has them, or a deployment of ours', async () => {
    const client = await cloudFormation([{ name: 'holdfast', ...ours }]);
    const stacks = await checkStacks(client, ['holdfast-state', 'holdfast']);
    expect(stacks.map(({ StackName }) => StackName)).toEqual(['holdfast']);
    await checkMachines(await stepFunctions(['other']), TARGET, ['holdfast-task']);
  });

  test('are those of a deployment that says its version, whatever its description', async () => {
    const client = await cloudFormation([{ name: 'holdfast', outputs: ['HoldfastVersion'] }]);
    expect(await checkStacks(client, ['holdfast'])).toHaveLength(1);
  });

  test('fail where a stack of somebody else has one', async () => {
    const client = await cloudFormation([{ name: 'holdfast', description: 'A ship' }]);
    await expect(checkStacks(client, ['holdfast'])).rejects.toEqual(
      says(/stack "holdfast" that is not Holdfast's \("A ship"\)/, /another prefix/),
    );
  });

  test('fail where a state machine of somebody else has one', async () => {
    const machines = await stepFunctions(['holdfast-task']);
    await expect(checkMachines(machines, TARGET, ['holdfast-workflow', 'holdfast-task'])).rejects.toEqual(
      says(/state machine "holdfast-task" in eu-central-1/, /another prefix/),
    );
  });
});

describe('a stack', () => {
  const stack = (StackStatus: string) =>
    ({ StackName: 'holdfast', StackStatus, CreationTime: undefined }) as unknown as Parameters<
      typeof checkStatus
    >[0];

  test.each(['CREATE_COMPLETE', 'UPDATE_ROLLBACK_COMPLETE', 'REVIEW_IN_PROGRESS'])(
    'passes as %s',
    (status) => {
      expect(() => checkStatus(stack(status))).not.toThrow();
    },
  );

  test.each([
    ['ROLLBACK_COMPLETE', /npm run destroy/],
    ['DELETE_FAILED', /describe-stack-events/],
    ['UPDATE_IN_PROGRESS', /Wait/],
  ])('fails as %s, and says what to do', (status, fix) => {
    expect(() => checkStatus(stack(status))).toThrow(says(new RegExp(status), fix));
  });
});

describe('arguments', () => {
  test('are read as cdk reads them, and handed on', () => {
    const all = ['-c', 'prefix=team-a', '--context=jwtIssuer=https://a.example/?x=1', '--profile', 'ops'];
    const read = readArguments(all);
    expect(read.context('prefix')).toBe('team-a');
    expect(read.context('jwtIssuer')).toBe('https://a.example/?x=1');
    expect(read.context('maxTasks')).toBeUndefined();
    expect(read).toMatchObject({ profile: 'ops', toolkitStack: 'CDKToolkit', all });
  });
});
