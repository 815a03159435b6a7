import { CustomResource, Duration, Lazy, Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { TaskType } from '../core/ports/task-types.ts';
import type { BundledTask } from './bundle.ts';
import type { Capability, Environment } from './capability.ts';
import type { FunctionDefaults } from './functions.ts';
import type { Targets } from './grants.ts';
import type { Machines } from './machines.ts';
import { TaskFunction } from './task-function.ts';

export interface TaskTypeProps {
  /**
   * Attempts at once; the others wait in line, the most urgent first.
   * @default unlimited
   */
  maxConcurrency?: number;
  /**
   * An attempt may take longer than 4 minutes: it runs on the Standard lane, which lasts, and costs more.
   * @default false
   */
  long?: boolean;
}

export interface TaskTypesProps extends FunctionDefaults {
  /** Writes down which types there are, and deletes those that are gone. */
  offer: Capability;
  /** What calls the functions. */
  machines: Machines;
  targets: Targets;
  environment: Environment;
  /**
   * Further variables of every function that runs attempts.
   * @default none
   */
  variables?: Readonly<Record<string, string>>;
}

/** The task types that this deployment offers, each with the function that runs its attempts. */
export class TaskTypes extends Construct {
  readonly #offered = new Map<string, TaskType>();
  readonly #props: Omit<TaskTypesProps, 'offer'>;

  constructor(scope: Construct, id: string, { offer, ...props }: TaskTypesProps) {
    super(scope, id);
    this.#props = props;
    new CustomResource(this, 'Offer', {
      resourceType: 'Custom::HoldfastTaskTypes',
      serviceToken: offer.function.functionArn,
      serviceTimeout: Duration.minutes(5),
      properties: {
        // The function reads these from its environment; here they see to it that it is asked when they change.
        maxWorkflows: props.environment.HOLDFAST_MAX_WORKFLOWS,
        maxTasks: props.environment.HOLDFAST_MAX_TASKS,
        types: Lazy.string({ produce: () => Stack.of(this).toJsonString([...this.#offered.values()]) }),
      },
    });
  }

  /** Offers a type by a function made of its bundle. */
  addBundled({ type, archive, aws, maxConcurrency }: BundledTask): void {
    const { machines: _, ...props } = this.#props;
    const fn = new TaskFunction(this, type, { ...props, type, aws, code: lambda.Code.fromAsset(archive) });
    this.add(type, fn.function, { maxConcurrency, long: fn.isLong });
  }

  /** Offers a type by a function that is there. */
  add(type: string, fn: lambda.IFunction, { maxConcurrency, long = false }: TaskTypeProps = {}): void {
    if (this.#offered.has(type))
      throw new Error(`The task type "${type}" is offered twice: give one of the two another name.`);
    this.#offered.set(type, { type, functionName: fn.functionArn, maxConcurrency, ...(long && { long }) });
    this.#props.machines.all[long ? 'long' : 'task'].allowInvoke(fn);
  }
}
