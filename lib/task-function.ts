import { Duration, Fn } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { AWS_TASK_DEFAULTS } from '../core/task/aws-options.ts';
import type { AwsTaskOptions } from '../core/task/handler.ts';
import { acknowledge } from './acknowledgements.ts';
import { Capability, type Environment } from './capability.ts';
import type { FunctionDefaults } from './functions.ts';
import { grant, type Targets } from './grants.ts';
import { PERMISSIONS } from './permissions.ts';

export interface TaskFunctionProps extends FunctionDefaults {
  type: string;
  /** Its bundle: a folder or zip file with `index.mjs`. */
  code: lambda.Code;
  /**
   * What the task's file says of its function.
   * @default 512 MB, 4 minutes, no permissions beyond those that every attempt needs
   */
  aws?: AwsTaskOptions;
  targets: Targets;
  environment: Environment;
  /**
   * Further variables; those of the task's file win.
   * @default none
   */
  variables?: Readonly<Record<string, string>>;
}

/**
 * Lets a function of somebody else's run attempts as a `TaskFunction` does: it gets payloads by reference, and keeps checkpoints.
 * Its own role is given the permissions.
 */
export function grantRun(fn: lambda.Function, targets: Targets): void {
  grant(
    {
      allow: (actions, resources, conditions) =>
        fn.addToRolePolicy(
          new iam.PolicyStatement({ actions: [...actions], resources: [...resources], conditions }),
        ),
      addEnvironment: (environment) => {
        for (const [name, value] of Object.entries(environment)) fn.addEnvironment(name, value);
      },
      acknowledge: (name, resources) => acknowledge(fn, name, resources),
    },
    PERMISSIONS.run,
    targets,
  );
}

/** Runs the attempts of one task type: what its file exports, with what the file asks for. */
export class TaskFunction extends Capability {
  /** Whether an attempt may outlast the Express lane. */
  readonly isLong: boolean;

  constructor(scope: Construct, id: string, props: TaskFunctionProps) {
    const { type, code, aws = {}, targets, environment, variables, prefix, ...defaults } = props;
    const { memoryMb = AWS_TASK_DEFAULTS.memoryMb, timeoutSeconds = AWS_TASK_DEFAULTS.timeoutSeconds } = aws;
    super(scope, id, {
      ...defaults,
      code,
      description: `attempts of ${plain(type)}`,
      memoryMb,
      timeout: Duration.seconds(timeoutSeconds),
      logGroupName: `/${prefix}/task/${plain(type)}`,
    });
    this.isLong = timeoutSeconds > AWS_TASK_DEFAULTS.expressSeconds;
    grant(this, PERMISSIONS.run, targets);
    this.addEnvironment(environment);
    for (const { actions, resources } of aws.permissions ?? [])
      this.allow(actions, resources.map(withAccount));
    for (const [name, value] of Object.entries({ ...LOCAL, ...variables, ...aws.environment }))
      this.function.addEnvironment(name, value);
  }
}

/** A type's name in letters that log groups and policies take. */
const plain = (type: string): string => encodeURIComponent(type).replaceAll('%', '_').slice(0, 400);

/** The one folder that a function may write to; what is in it lasts as long as the function's instance. */
const LOCAL = { HOLDFAST_DATA_DIR: '/tmp/holdfast', HOLDFAST_DATA_LASTS: '0' };

/** An ARN with the stack's own partition, region and account where it says `${AWS::…}`. */
const withAccount = (arn: string): string => (arn.includes('${') ? Fn.sub(arn) : arn);
