import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { acknowledge, type AcknowledgementName } from './acknowledgements.ts';
import type { EnvironmentName } from '../adapters/aws/env.ts';

export interface CapabilityProps {
  /** Its bundle: a folder with `index.mjs`. */
  code: lambda.Code;
  /** What it is for, in a few words. */
  description: string;
  /** Lambda gives CPU in proportion, one of them at 1,769 MB. */
  memoryMb: number;
  timeout: Duration;
  /** Its log group; begins with a slash. */
  logGroupName: string;
  /** Encrypts its logs; the policy must let CloudWatch Logs use it, as `DataKey` does. */
  logKey: kms.IKey;
  logRetention: logs.RetentionDays;
  /**
   * Attempts at once, taken from what the account may run; more are refused, and tried again by whoever invokes it.
   * @default as many as the account allows
   */
  concurrencyMax?: number;
  /**
   * Records traces with X-Ray, at X-Ray's price.
   * @default false
   */
  tracing?: boolean;
}

export type Environment = Partial<Record<EnvironmentName, string>>;

/**
 * One function: Node 24 on arm64, with a role, a policy and a log group of its own. It may write its log, and whatever
 * is granted beyond that.
 */
export class Capability extends Construct implements iam.IGrantable {
  readonly function: lambda.Function;
  readonly logGroup: logs.LogGroup;
  readonly grantPrincipal: iam.IPrincipal;
  readonly #policy: iam.ManagedPolicy;

  constructor(scope: Construct, id: string, props: CapabilityProps) {
    super(scope, id);
    this.logGroup = new logs.LogGroup(this, 'Logs', {
      logGroupName: props.logGroupName,
      encryptionKey: props.logKey,
      retention: props.logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new iam.Role(this, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    this.grantPrincipal = role;
    this.#policy = new iam.ManagedPolicy(this, 'Policy', {
      description: `Holdfast: ${props.description}`,
      roles: [role],
      statements: [
        new iam.PolicyStatement({
          actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
          resources: [this.logGroup.logGroupArn],
        }),
      ],
    });
    this.function = new lambda.Function(this, 'Function', {
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      code: props.code,
      handler: 'index.handler',
      description: `Holdfast: ${props.description}`,
      memorySize: props.memoryMb,
      timeout: props.timeout,
      role,
      reservedConcurrentExecutions: props.concurrencyMax,
      tracing: props.tracing ? lambda.Tracing.ACTIVE : lambda.Tracing.DISABLED,
      logGroup: this.logGroup,
      loggingFormat: lambda.LoggingFormat.JSON,
      // START, END and REPORT lines of every call would cost more than the calls.
      systemLogLevelV2: lambda.SystemLogLevel.WARN,
      applicationLogLevelV2: lambda.ApplicationLogLevel.INFO,
    });
    for (const name of ['asynchronousFailures', 'sharedConcurrency', 'outsideVpc'] as const)
      acknowledge(this.function, name);
    if (!props.tracing) acknowledge(this.function, 'tracing');
    // Before it may log, a function that is called already would lose what it has to say.
    this.function.node.addDependency(this.#policy);
  }

  /** Allows `actions` on `resources`, in the function's own policy. */
  allow(actions: readonly string[], resources: readonly string[], conditions?: iam.Conditions): void {
    this.#policy.addStatements(
      new iam.PolicyStatement({ actions: [...actions], resources: [...resources], conditions }),
    );
  }

  /** Says that what its policy has to be acknowledged for is meant to be so. */
  acknowledge(name: AcknowledgementName, resources: readonly string[]): void {
    acknowledge(this.#policy, name, resources);
  }

  addEnvironment(environment: Environment): void {
    for (const [name, value] of Object.entries(environment)) this.function.addEnvironment(name, value);
  }

  /** Lets a service of this account call the function for `sourceArn`. */
  allowInvoke(id: string, service: string, sourceArn: string): void {
    this.function.addPermission(id, {
      principal: new iam.ServicePrincipal(service),
      sourceArn,
      sourceAccount: Stack.of(this).account,
    });
  }
}
