import { readFileSync } from 'node:fs';
import { ArnFormat, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { StateMachineType } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { MachineName } from '../core/ports/dispatcher.ts';
import { Machine } from './machine.ts';
import { MACHINE_NAMES, stateMachineName } from './names.ts';

/** Which file each machine is made of, and on which lane it runs. */
export const MACHINES = {
  workflow: { file: 'workflow', type: StateMachineType.STANDARD },
  task: { file: 'task', type: StateMachineType.EXPRESS },
  /** For attempts that may take longer than an Express machine lives. */
  long: { file: 'task', type: StateMachineType.STANDARD },
} as const satisfies Record<MachineName, { file: string; type: StateMachineType }>;

export interface MachinesProps {
  /** Begins the machines' names. */
  prefix: string;
  /** Every function that a file may name, by state. */
  functions: Readonly<Record<string, lambda.IFunction>>;
  /** Encrypts the log of their errors. */
  logKey: kms.IKey;
  logRetention: logs.RetentionDays;
  /**
   * Records traces with X-Ray, at X-Ray's price.
   * @default false
   */
  tracing?: boolean;
}

/** The state machines of `state-machines/`. */
export class Machines extends Construct {
  readonly all: Readonly<Record<MachineName, Machine>>;

  constructor(scope: Construct, id: string, props: MachinesProps) {
    super(scope, id);
    const { prefix, functions, logKey, logRetention, tracing } = props;
    const logGroup = new logs.LogGroup(this, 'Logs', {
      logGroupName: `/aws/vendedlogs/${prefix}/machines`,
      encryptionKey: logKey,
      retention: logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const make = (name: MachineName): Machine =>
      new Machine(this, name[0]!.toUpperCase() + name.slice(1), {
        name: stateMachineName(prefix, name),
        definition: definitionOf(name),
        type: MACHINES[name].type,
        functions,
        logGroup,
        tracing,
      });
    this.all = Object.fromEntries(MACHINE_NAMES.map((name) => [name, make(name)])) as Record<
      MachineName,
      Machine
    >;
  }
}

/** The text of a machine's file. */
export const definitionOf = (name: MachineName): string =>
  readFileSync(new URL(`../state-machines/${MACHINES[name].file}.asl.json`, import.meta.url), 'utf8');

/** The ARN of a machine by its name alone: functions need it before the machine, which needs the functions, exists. */
export const machineArn = (scope: Construct, prefix: string, name: MachineName): string =>
  Stack.of(scope).formatArn({
    service: 'states',
    resource: 'stateMachine',
    resourceName: stateMachineName(prefix, name),
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
