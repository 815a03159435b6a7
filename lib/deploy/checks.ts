/** What has to be so before a deployment can succeed. Each check fails with what to do about it. */
import { type CloudFormationClient, DescribeStacksCommand, type Stack } from '@aws-sdk/client-cloudformation';
import { DescribeStateMachineCommand, type SFNClient } from '@aws-sdk/client-sfn';
import { Conflict, HoldfastError } from '../../core/errors.ts';
import { STACK_DESCRIPTION, VERSION_OUTPUT } from '../names.ts';

/** Something about the account or its credentials keeps the deployment from starting. */
export class NotReady extends HoldfastError {
  override readonly name = 'NotReady';
  override readonly kind = 'unprocessable';
}

/** What `package.json` pins, and what is installed. */
export interface ToolkitVersions {
  pinned: string;
  /** Absent when it isn't installed. */
  installed?: string;
}

/** The command line tool and the library of the CDK go together; the newest by number is not the newest. */
export function checkToolkit({ pinned, installed }: ToolkitVersions): void {
  if (installed === pinned) return;
  throw new NotReady(
    installed === undefined
      ? 'The CDK command line tool (the package aws-cdk) is not installed.'
      : `The CDK command line tool is ${installed}, and this version of Holdfast is deployed with ${pinned}.`,
    'Run `npm ci`, which installs the versions that fit.',
  );
}

export interface Target {
  partition: string;
  account: string;
  region: string;
}

/** Where a deployment would go. Errors: `NotReady` without credentials, region or bootstrap stack. */
export async function checkAccount(client: CloudFormationClient, toolkitStack: string): Promise<Target> {
  const region = await client.config.region().catch((error: Error) => {
    throw new NotReady(
      'No AWS region is set.',
      'Set AWS_REGION, such as eu-central-1, or a region in your profile (`aws configure set region …`).',
      { cause: error },
    );
  });
  await client.config.credentials().catch((error: Error) => {
    throw refusedCredentials(error);
  });
  const stack = await stackOf(client, toolkitStack);
  const [, partition, , , account] = stack?.StackId?.split(':') ?? [];
  if (partition !== undefined && account !== undefined) return { partition, account, region };
  throw new NotReady(
    `The account is not prepared for the CDK in ${region}: it has no stack "${toolkitStack}".`,
    'Run `npx cdk bootstrap` once for this account and region, then deploy again.',
  );
}

/** The stacks of these names that there are, all of them ours. Errors: `Conflict`, `NotReady`. */
export async function checkStacks(client: CloudFormationClient, names: readonly string[]): Promise<Stack[]> {
  const found = await Promise.all(names.map((name) => stackOf(client, name)));
  const stacks = found.filter((stack) => stack !== undefined);
  for (const stack of stacks) {
    if (isOurs(stack)) continue;
    const { StackName: name, Description: description = '' } = stack;
    throw new Conflict(
      `The account has a stack "${name}" that is not Holdfast's ("${description}").`,
      'Deploy under another prefix: `npm run deploy -- -c prefix=…`.',
    );
  }
  return stacks;
}

/** By its description; one that is there has its output as well, whatever was made of the description. */
const isOurs = ({ Description: description = '', Outputs: outputs = [] }: Stack): boolean =>
  description.startsWith(STACK_DESCRIPTION) || outputs.some(({ OutputKey }) => OutputKey === VERSION_OUTPUT);

/** A stack that can be deployed to. Errors: `NotReady`. */
export function checkStatus({ StackName: name, StackStatus: status = 'CREATE_COMPLETE' }: Stack): void {
  if (['ROLLBACK_COMPLETE', 'ROLLBACK_FAILED', 'DELETE_FAILED'].includes(status)) {
    throw new NotReady(
      `The stack "${name}" is ${status}: an earlier deployment or deletion did not get through.`,
      `See why in its events (\`aws cloudformation describe-stack-events --stack-name ${name}\`), delete it with \`npm run destroy\`, and deploy again.`,
    );
  }
  if (status.endsWith('_IN_PROGRESS') && status !== 'REVIEW_IN_PROGRESS')
    throw new NotReady(`The stack "${name}" is ${status}.`, 'Wait until it is done, then try again.');
}

/** Before a first deployment: nobody else may have these names. Errors: `Conflict`, `NotReady`. */
export async function checkMachines(
  client: SFNClient,
  { partition, account, region }: Target,
  names: readonly string[],
): Promise<void> {
  for (const name of names) {
    const arn = `arn:${partition}:states:${region}:${account}:stateMachine:${name}`;
    if (!(await exists(client, arn))) continue;
    throw new Conflict(
      `The account has a state machine "${name}" in ${region} that no stack of this deployment made.`,
      'Deploy under another prefix (`npm run deploy -- -c prefix=…`), or delete that state machine.',
    );
  }
}

async function stackOf(client: CloudFormationClient, name: string): Promise<Stack | undefined> {
  try {
    const { Stacks: [stack] = [] } = await client.send(new DescribeStacksCommand({ StackName: name }));
    return stack;
  } catch (error) {
    if ((error as Error).name === 'ValidationError' && /does not exist/.test((error as Error).message))
      return undefined;
    throw explained(error as Error);
  }
}

async function exists(client: SFNClient, stateMachineArn: string): Promise<boolean> {
  try {
    await client.send(new DescribeStateMachineCommand({ stateMachineArn }));
    return true;
  } catch (error) {
    if ((error as Error).name === 'StateMachineDoesNotExist') return false;
    throw explained(error as Error);
  }
}

const EXPIRED = /Expired|SSO session|Token.*(?:invalid|expired)/i;
const REFUSED =
  /InvalidClientTokenId|UnrecognizedClient|SignatureDoesNotMatch|InvalidSignature|IncompleteSignature/;

/** A refusal of AWS, with what to do. */
function explained(error: Error): Error {
  const { name, message } = error;
  if (EXPIRED.test(`${name} ${message}`) || REFUSED.test(name)) return refusedCredentials(error);
  if (/AccessDenied|NotAuthorized/.test(name)) {
    return new NotReady(
      `These credentials may not look before they deploy: ${message}`,
      'Deploy with a role that may use CloudFormation and read state machines.',
      { cause: error },
    );
  }
  if (/ENOTFOUND|ECONNREFUSED|EAI_AGAIN|ETIMEDOUT|TimeoutError/.test(`${name} ${message} ${codeOf(error)}`)) {
    return new NotReady(
      `AWS can't be reached: ${message}`,
      'Check the network, the region and AWS_ENDPOINT_URL.',
      { cause: error },
    );
  }
  return error;
}

function refusedCredentials(error: Error): NotReady {
  const isExpired = EXPIRED.test(`${error.name} ${error.message}`);
  return new NotReady(
    REFUSED.test(error.name) || isExpired
      ? `AWS refuses the credentials: ${error.message}`
      : 'No AWS credentials were found.',
    isExpired
      ? 'Sign in again (`aws sso login`), or get new temporary credentials.'
      : 'Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or sign in with `aws sso login`.',
    { cause: error },
  );
}

const codeOf = (error: Error): string => (error as NodeJS.ErrnoException).code ?? '';
