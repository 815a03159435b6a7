import { Duration } from 'aws-cdk-lib';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { CAPABILITIES, type CapabilityName, type CapabilityShape } from './capabilities.ts';
import { Capability, type Environment } from './capability.ts';
import { grant, type Targets } from './grants.ts';
import { MACHINE_NAMES } from './names.ts';
import { PERMISSIONS, type Target } from './permissions.ts';

/** What all functions have in common. */
export interface FunctionDefaults {
  /** Begins the names of log groups. */
  prefix: string;
  logKey: kms.IKey;
  logRetention: logs.RetentionDays;
  /**
   * Records traces with X-Ray, at X-Ray's price.
   * @default false
   */
  tracing?: boolean;
}

export interface FunctionsProps extends FunctionDefaults {
  /** The bundle of each. */
  code: (name: CapabilityName) => lambda.Code;
  targets: Targets;
  /** What each is told beside what its permissions come with. */
  environment: Environment;
}

/** The functions of the engine, each with what `permissions.ts` says it may do. */
export class Functions extends Construct {
  readonly all: Readonly<Record<CapabilityName, Capability>>;

  constructor(scope: Construct, id: string, props: FunctionsProps) {
    super(scope, id);
    const { code, targets, environment, prefix, ...defaults } = props;
    const make = (name: CapabilityName): Capability => {
      const { description, memoryMb, timeoutSeconds, engine }: CapabilityShape = CAPABILITIES[name];
      const capability = new Capability(this, capitalised(name), {
        ...defaults,
        code: code(name),
        description,
        memoryMb,
        timeout: Duration.seconds(timeoutSeconds),
        logGroupName: `/${prefix}/${name}`,
      });
      grant(capability, PERMISSIONS[name], targets);
      if (engine) for (const target of ENGINE) capability.addEnvironment(targets[target].environment ?? {});
      capability.addEnvironment(environment);
      return capability;
    };
    const names = Object.keys(CAPABILITIES) as CapabilityName[];
    this.all = Object.fromEntries(names.map((name) => [name, make(name)])) as Functions['all'];
  }

  /** By the names that state machines have for them. */
  get byState(): Readonly<Record<string, lambda.IFunction>> {
    return Object.fromEntries(
      Object.entries(this.all).map(([name, capability]) => [capitalised(name), capability.function]),
    );
  }
}

/** What the engine is told of, also where a function makes no use of it. */
const ENGINE = [
  'table',
  'payloads',
  ...MACHINE_NAMES.map((name) => `machine/${name}` as const),
] as const satisfies readonly Target[];

const capitalised = (text: string): string => text[0]!.toUpperCase() + text.slice(1);
