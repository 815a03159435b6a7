import { CustomResource, Duration, Lazy, Stack } from 'aws-cdk-lib';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { TaskType } from '../core/ports/task-types.ts';
import type { Capability } from './capability.ts';
import type { Machines } from './machines.ts';

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

export interface TaskTypesProps {
  /** Writes down which types there are, and deletes those that are gone. */
  offer: Capability;
  /** What calls the functions. */
  machines: Machines;
}

/** The task types that this deployment offers, each with the function that runs its attempts. */
export class TaskTypes extends Construct {
  readonly #offered = new Map<string, TaskType>();
  readonly #machines: Machines;

  constructor(scope: Construct, id: string, { offer, machines }: TaskTypesProps) {
    super(scope, id);
    this.#machines = machines;
    new CustomResource(this, 'Offer', {
      resourceType: 'Custom::HoldfastTaskTypes',
      serviceToken: offer.function.functionArn,
      serviceTimeout: Duration.minutes(5),
      properties: {
        types: Lazy.string({ produce: () => Stack.of(this).toJsonString([...this.#offered.values()]) }),
      },
    });
  }

  add(type: string, fn: lambda.IFunction, { maxConcurrency, long = false }: TaskTypeProps = {}): void {
    if (this.#offered.has(type))
      throw new Error(`The task type "${type}" is offered twice: give one of the two another name.`);
    this.#offered.set(type, { type, functionName: fn.functionArn, maxConcurrency, ...(long && { long }) });
    this.#machines.all[long ? 'long' : 'task'].allowInvoke(fn);
  }
}
