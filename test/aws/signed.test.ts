/** A deployment as it is by default: whoever calls signs with AWS credentials, and IAM says who may. Then it is taken down. */
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { type Dispatcher, getGlobalDispatcher, setGlobalDispatcher } from 'undici';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createClient } from '../../client/index.ts';
import { clientConfig } from './functions.ts';
import { deploy, destroy, type Outputs } from './deploy.ts';
import { ACCOUNT, checkPolicies, REGION } from './emulator.ts';
import { onDeployment } from './on-deployment.ts';

const PREFIX = 'holdfast-signed';
const MINUTE_MS = 60_000;

onDeployment('a deployment that takes signed requests', (deployment) => {
  const { emulatorUrl, emulatorPid, env, dir } = deployment;
  const cloudFormation = new CloudFormationClient(clientConfig(deployment));
  const usual = getGlobalDispatcher();
  const keys: Record<string, { AWS_ACCESS_KEY_ID: string; AWS_SECRET_ACCESS_KEY: string }> = {};
  let url: string;

  const withPoliciesOff = async <T>(work: () => Promise<T>): Promise<T> => {
    await checkPolicies({ url: emulatorUrl, pid: emulatorPid }, false);
    try {
      return await work();
    } finally {
      await checkPolicies({ url: emulatorUrl, pid: emulatorPid }, true);
    }
  };

  /** A call of IAM, for which the SDK has a client of its own that nothing else needs. */
  async function iam(Action: string, more: Record<string, string>): Promise<string> {
    const credential = `${env.AWS_ACCESS_KEY_ID}/20260101/${REGION}/iam/aws4_request`;
    const response = await fetch(emulatorUrl, {
      method: 'POST',
      headers: {
        authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=host, Signature=none`,
      },
      body: new URLSearchParams({ Action, Version: '2010-05-08', ...more }),
    });
    const text = await response.text();
    expect(response.status, text).toBe(200);
    return text;
  }

  /** Somebody who may call these methods and paths of the API. */
  async function addUser(UserName: string, apiId: string, allowed: string): Promise<void> {
    const Statement = {
      Effect: 'Allow',
      Action: 'execute-api:Invoke',
      Resource: `arn:aws:execute-api:${REGION}:${ACCOUNT}:${apiId}/$default/${allowed}`,
    };
    const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement });
    await iam('CreateUser', { UserName });
    await iam('PutUserPolicy', { UserName, PolicyName: 'call', PolicyDocument });
    const text = await iam('CreateAccessKey', { UserName });
    const of = (name: string) => new RegExp(`<${name}>(.+)</${name}>`).exec(text)![1]!;
    keys[UserName] = { AWS_ACCESS_KEY_ID: of('AccessKeyId'), AWS_SECRET_ACCESS_KEY: of('SecretAccessKey') };
  }

  const as = (name: string, more: Record<string, string> = {}) =>
    createClient({ url, env: { ...keys[name], ...more } });

  beforeAll(async () => {
    await withPoliciesOff(async () => {
      const { HttpAddress }: Outputs = await deploy({ env, dir }, { prefix: PREFIX, settings: {} });
      const [apiId] = new URL(HttpAddress).hostname.split('.') as [string];
      await addUser('operator', apiId, '*');
      await addUser('reader', apiId, 'GET/*');
      url = `https://${apiId}.execute-api.${REGION}.amazonaws.com`;
    });
    setGlobalDispatcher(usual.compose(toEmulator(emulatorUrl)));
  }, 5 * MINUTE_MS);

  afterAll(() => setGlobalDispatcher(usual));

  test('lets who may call submit, start and watch to the end', async () => {
    const client = as('operator');
    const tasks = [{ id: 'one', type: 'pass', input: { n: 1 } }];
    await client.submit({ document: { name: 'signed', tasks } });
    const { executionId } = (await client.start('signed')).execution;
    const types: string[] = [];
    for await (const { type } of client.watch(executionId)) types.push(type);
    expect(types.at(-1)).toBe('execution.succeeded');
    expect(await client.execution(executionId)).toMatchObject({ status: 'SUCCEEDED', output: { n: 1 } });
  });

  test('lets who may only read read, and nothing else', async () => {
    expect((await as('reader').workflows()).items).toMatchObject([{ name: 'signed' }]);
    await expect(as('reader').start('signed')).rejects.toMatchObject({ name: 'AccessRefused' });
  });

  test.each([
    ['unsigned requests', () => createClient({ url, env: {} })],
    [
      'requests signed with a key that nobody has',
      () => as('operator', { AWS_ACCESS_KEY_ID: 'AKIAUNKNOWN000000000' }),
    ],
    ['requests signed with a secret that is wrong', () => as('operator', { AWS_SECRET_ACCESS_KEY: 'wrong' })],
  ])('refuses %s', async (_, client) => {
    await expect(client().workflows()).rejects.toMatchObject({ name: 'AccessRefused' });
  });

  test('refuses signatures that are old', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 20 * MINUTE_MS });
    try {
      await expect(as('operator').workflows()).rejects.toMatchObject({ name: 'AccessRefused' });
    } finally {
      vi.useRealTimers();
    }
  });

  test(
    'is taken down by npm run destroy, but for the state, which is protected',
    async () => {
      const said = await withPoliciesOff(() => destroy({ env, dir }, { prefix: PREFIX, settings: {} }));
      expect(said).toContain(`The stack ${PREFIX}-state is kept`);
      const stack = (StackName: string) => cloudFormation.send(new DescribeStacksCommand({ StackName }));
      await expect(stack(PREFIX)).rejects.toThrow(/does not exist/);
      expect((await stack(`${PREFIX}-state`)).Stacks).toMatchObject([{ EnableTerminationProtection: true }]);
    },
    3 * MINUTE_MS,
  );
});

/** Requests to AWS, by HTTP to the emulator instead. The host that they name stays: it is signed. */
const toEmulator =
  (emulatorUrl: string): Dispatcher.DispatcherComposeInterceptor =>
  (dispatch) =>
  (options, handler) => {
    const { host } = new URL(String(options.origin));
    if (!host.endsWith('.amazonaws.com')) return dispatch(options, handler);
    return dispatch({ ...options, origin: emulatorUrl, headers: withHost(options.headers, host) }, handler);
  };

function withHost(headers: Dispatcher.DispatchOptions['headers'], host: string) {
  const list = Array.isArray(headers) ? (headers as string[]) : Object.entries(headers ?? {}).flat();
  return [...(list as string[]), 'host', host];
}
