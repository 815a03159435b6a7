import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as logs from 'aws-cdk-lib/aws-logs';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledgements.ts';

export interface MachineProps {
  /** Fixed, so that the functions it calls can know it before it exists. */
  name: string;
  /** The text of a state machine file. */
  definition: string;
  /** Express machines end within 5 minutes and may run twice; Standard ones run once, for up to a year. */
  type: sfn.StateMachineType;
  /** What `${RouteFunctionArn}` in the file stands for, by `Route`. */
  functions: Readonly<Record<string, lambda.IFunction>>;
  /** Takes its errors. Named as CloudWatch wants it of vended logs. */
  logGroup: logs.ILogGroup;
  /**
   * Records traces with X-Ray, at X-Ray's price.
   * @default false
   */
  tracing?: boolean;
}

/** A state machine from its file, allowed to call the functions that the file names. */
export class Machine extends Construct {
  readonly machine: sfn.StateMachine;
  /** The functions that the file names, by state. */
  readonly invokes: readonly string[];
  readonly #policy: iam.ManagedPolicy;

  constructor(scope: Construct, id: string, props: MachineProps) {
    super(scope, id);
    const { name, definition, type, functions, logGroup, tracing = false } = props;
    this.invokes = placeholders(definition);
    const named = this.invokes.map((state) => [state, functionOf(functions, state, name)] as const);
    const role = new iam.Role(this, 'Role', { assumedBy: new iam.ServicePrincipal('states.amazonaws.com') });
    this.#policy = new iam.ManagedPolicy(this, 'Policy', {
      description: `Holdfast: state machine ${name}`,
      roles: [role],
      statements: [
        new iam.PolicyStatement({
          actions: ['lambda:InvokeFunction'],
          resources: named.map(([, fn]) => fn.functionArn),
        }),
        new iam.PolicyStatement({ actions: LOG_DELIVERY, resources: ['*'] }),
        ...(tracing ? [new iam.PolicyStatement({ actions: TRACING, resources: ['*'] })] : []),
      ],
    });
    acknowledge(this.#policy, 'noResources');
    this.machine = new sfn.StateMachine(this, 'Machine', {
      stateMachineName: name,
      stateMachineType: type,
      definitionBody: sfn.DefinitionBody.fromString(definition),
      definitionSubstitutions: Object.fromEntries(
        named.map(([state, fn]) => [`${state}FunctionArn`, fn.functionArn]),
      ),
      // It has its policy already.
      role: role.withoutPolicyUpdates(),
      tracingEnabled: tracing,
      logs: { destination: logGroup, level: sfn.LogLevel.ERROR, includeExecutionData: false },
    });
    acknowledge(this.machine, 'errorsLogged');
    if (!tracing) acknowledge(this.machine, 'tracing');
    this.machine.node.addDependency(this.#policy);
  }

  /** Lets the machine call one more function, whose name it gets with its input. */
  allowInvoke(fn: lambda.IFunction): void {
    this.#policy.addStatements(
      new iam.PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [fn.functionArn] }),
    );
  }
}

/** https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html */
const LOG_DELIVERY = [
  'logs:CreateLogDelivery',
  'logs:GetLogDelivery',
  'logs:UpdateLogDelivery',
  'logs:DeleteLogDelivery',
  'logs:ListLogDeliveries',
  'logs:PutResourcePolicy',
  'logs:DescribeResourcePolicies',
  'logs:DescribeLogGroups',
];

/** https://docs.aws.amazon.com/step-functions/latest/dg/concepts-xray-tracing.html */
const TRACING = [
  'xray:PutTraceSegments',
  'xray:PutTelemetryRecords',
  'xray:GetSamplingRules',
  'xray:GetSamplingTargets',
];

function placeholders(definition: string): string[] {
  const found = [...definition.matchAll(/\$\{([^}]*)\}/g)].map(([, name = '']) => name);
  return [...new Set(found)].map((name) => {
    if (name.endsWith('FunctionArn')) return name.slice(0, -'FunctionArn'.length);
    throw new Error(`A state machine file names \${${name}}: only \${<State>FunctionArn} is known.`);
  });
}

function functionOf(functions: MachineProps['functions'], state: string, machine: string): lambda.IFunction {
  const fn = functions[state];
  if (fn !== undefined) return fn;
  throw new Error(
    `The state machine ${machine} names \${${state}FunctionArn}, and there is no function ${state}: ` +
      `add lambdas/${state.toLowerCase()}/ and an entry in lib/capabilities.ts.`,
  );
}
